"""`loyaltyd help`: the pages that explain the till, at the till."""

import sys
from importlib import resources

import click

PAGES = resources.files("loyaltyd") / "help"


@click.command(name="help")
@click.argument("topic", required=False)
def command(topic: str | None) -> None:
    """Print a help page, or the list of them.

    The daemon shows them too, at /docs.
    """
    found = topics()
    if topic is None:
        width = max(map(len, found))
        for name, title in found.items():
            click.echo(f"{name:{width}}  {title}")
    elif topic in found:
        _show(page(topic))
    else:
        raise click.UsageError(f'no page on "{topic}"; there are: {", ".join(found)}')


def topics() -> dict[str, str]:
    """Return each topic with its page's title, in alphabetical order."""
    names = sorted(it.name.removesuffix(".md") for it in PAGES.iterdir() if it.name.endswith(".md"))
    return {name: page(name).partition("\n")[0].removeprefix("# ") for name in names}


def page(topic: str) -> str:
    """Return the Markdown of a topic's page."""
    return (PAGES / f"{topic}.md").read_text("utf-8")


def _show(text: str) -> None:
    """Print Markdown as it is into a pipe, and set for reading on a terminal."""
    if not sys.stdout.isatty():
        click.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))
