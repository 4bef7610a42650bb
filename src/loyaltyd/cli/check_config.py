"""`loyaltyd check-config`: whether the settings and their program are fit to serve."""

import click

from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings
from loyaltyd.till.program_file import program_in


@click.command()
@click.option("--show", is_flag=True, help="Print each setting, its value, and what set it.")
@with_settings
def command(settings: Settings, show: bool) -> None:
    """Check the settings and their program.

    Exit 78 when something is wrong, a line for each fault. Run it before a restart: a
    daemon with a fault in its settings doesn't start.
    """
    if show:
        from loyaltyd.cli.tables import print_table

        rows = [(it.key, it.value, it.source) for it in settings.shown()]
        print_table(("setting", "value", "from"), rows)
        click.echo()
    program = program_in(settings.program.path)
    _check_secrets(settings)
    till = settings.till
    readers = f"{len(settings.readers)} reader{'' if len(settings.readers) == 1 else 's'}"
    click.echo(
        f"OK  till {till.chain} {till.store}-{till.till}  {readers}"
        f"  program {program.id} {program.version}, from {program.starts}"
    )


def _check_secrets(settings: Settings) -> None:
    """Read the files that the daemon would refuse to start without; ConfigError."""
    if settings.api.tokens is not None:
        from loyaltyd.api.tokens import tokens_in

        tokens_in(settings.api.tokens)
    if settings.keys.chain is not None:
        from loyaltyd.link.signatures import chain_key

        chain_key(settings.keys.chain, make=False)
    if settings.link is not None:
        from loyaltyd.link.signatures import hq_public

        hq_public(settings.link.hq_key)
