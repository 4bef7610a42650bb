"""`loyaltyd scan`: what a reader reads, as the daemon sees it."""

import click

from loyaltyd.cli import exits
from loyaltyd.cli.daemon_client import OPENED, Daemon, Event, Refused, card_path
from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings

READ, REFUSED = "card_read", "card_refused"


@click.command()
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C, and show readers come and go.")
@with_settings
@click.pass_context
def command(ctx: click.Context, settings: Settings, follow: bool) -> None:
    """Wait for the next card and show it.

    Exit 1 when it was refused: the sentence says why.
    """
    daemon = Daemon(settings)
    last = ""
    while True:
        for event in daemon.events(last):
            last = event.id
            if event.kind == OPENED:
                click.echo("waiting for a card; Ctrl-C ends", err=True)
            line = _line(event, daemon, follow=follow)
            if line:
                click.echo(line)
            if not follow and event.kind in {READ, REFUSED}:
                ctx.exit(0 if event.kind == READ else exits.NO)
        # The daemon ended the stream. If it is gone, the next call says so.


def _line(event: Event, daemon: Daemon, *, follow: bool) -> str:
    from loyaltyd.cli.tables import printable

    facts = event.facts
    if event.kind == READ:
        words = [facts["reader"], *_card(str(facts["read"]), daemon)]
    elif event.kind == REFUSED:
        words = [facts["reader"], facts.get("detail", ""), f"({facts.get('reason', '')})"]
    elif follow and "reader" in facts:
        what = event.kind.removeprefix("reader_").replace("_", " ")
        words = [facts["reader"], what, facts.get("detail", "")]
    else:
        return ""
    return "  ".join(printable(str(word)) for word in words if word)


def _card(handle: str, daemon: Daemon) -> list[str]:
    """Ask by the read's handle: this process never holds the number."""
    try:
        card = daemon.ask(card_path(handle))
    except Refused as refusal:
        return [refusal.format_message()]
    wallets = (f"{name} {wallet['available']}" for name, wallet in card["wallets"].items())
    return [card["number"], card["kind"], card["status"], card["holder"], card["tier"], *wallets]
