"""The commands by name."""

import importlib
import pathlib

import click

from loyaltyd.cli.exits import exit_code
from loyaltyd.domain.errors import LoyaltyError

CONFIG_PATH = pathlib.Path("/etc/loyaltyd/loyaltyd.toml")

# Each module has one click command named `command`.
COMMANDS = {
    "serve": "loyaltyd.cli.serve",
    "status": "loyaltyd.cli.status",
    "readers": "loyaltyd.cli.readers",
    "scan": "loyaltyd.cli.scan",
    "card": "loyaltyd.cli.card",
    "quote": "loyaltyd.cli.quote",
    "day": "loyaltyd.cli.day",
    "courier": "loyaltyd.cli.courier",
    "identity": "loyaltyd.cli.identity",
    "export": "loyaltyd.cli.export",
    "verify": "loyaltyd.cli.verify",
    "backup": "loyaltyd.cli.backup",
    "check-config": "loyaltyd.cli.check_config",
    "program": "loyaltyd.cli.program",
    "hq": "loyaltyd.cli.hq",
    "token": "loyaltyd.cli.token",
    "page": "loyaltyd.cli.page",
    "help": "loyaltyd.cli.help",
}


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for, and turns errors into exit codes."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names in the table's order, the till's day first."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when there is none of that name."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what the world does to it is a sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except LoyaltyError as error:
            click.echo(str(error), err=True)
            ctx.exit(exit_code(error))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=pathlib.Path),
    envvar="LOYALTYD_CONFIG",
    default=CONFIG_PATH,
    show_default=True,
    help="The till's settings; LOYALTYD_CONFIG names them too.",
)
@click.version_option(package_name="loyaltyd", message="%(prog)s %(version)s")
def loyaltyd(config: pathlib.Path) -> None:
    """Loyalty cards at a shop's till, with or without a line to headquarters.

    `loyaltyd help` lists the pages that explain it.
    """
