"""`loyaltyd token`: the callers of the API, each with its own token. The file keeps only hashes."""

import os
import pathlib
import re
import secrets
import tempfile

import click

from loyaltyd.api.tokens import Scope, token_hash, tokens_in
from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings
from loyaltyd.domain.errors import ConfigError

TOKEN_BYTES = 32
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
SCOPES = [scope.value for scope in Scope if scope is not Scope.STATUS]


@click.group(name="token")
def command() -> None:
    """Add, list or revoke callers' tokens.

    The daemon reads the file, `[api] tokens`, when it starts.
    """


@command.command()
@click.argument("name")
@click.argument("scopes", nargs=-1, required=True, type=click.Choice(SCOPES))
@with_settings
def add(settings: Settings, name: str, scopes: tuple[str, ...]) -> None:
    """Make a token for NAME that may do SCOPES, and print it: it is nowhere else."""
    path = _path(settings)
    lines = _lines(path)
    if not NAME.fullmatch(name):
        raise click.BadParameter("must be 1 to 64 of A-Z a-z 0-9 . _ -", param_hint="NAME")
    if name in _names(lines):
        raise click.ClickException(f'{path}: "{name}" has a token already: revoke it first')
    token = secrets.token_urlsafe(TOKEN_BYTES)
    _write(path, [*lines, f"{name} {','.join(sorted(set(scopes)))} {token_hash(token)}"])
    click.echo(token)


@command.command(name="list")
@with_settings
def list_(settings: Settings) -> None:
    """List who may call, and what for."""
    from loyaltyd.cli.tables import print_table

    callers = tokens_in(_path(settings)).values()
    rows = [(it.name, ", ".join(sorted(scope.value for scope in it.scopes))) for it in callers]
    print_table(("name", "scopes"), rows)


@command.command()
@click.argument("name")
@with_settings
def revoke(settings: Settings, name: str) -> None:
    """Take NAME's token away; it holds until the daemon is started anew."""
    path = _path(settings)
    lines = _lines(path)
    left = [line for line in lines if _name(line) != name]
    if left == lines:
        raise click.ClickException(f'{path}: no token of "{name}"')
    if not _names(left):
        # An empty file is refused by the daemon: it must not look like "no tokens needed".
        raise click.ClickException(f'{path}: "{name}" is the last one: add another first')
    _write(path, left)


def _path(settings: Settings) -> pathlib.Path:
    if settings.api.tokens is None:
        raise ConfigError("[api] tokens names no file: callers on this machine need no token")
    return settings.api.tokens


def _lines(path: pathlib.Path) -> list[str]:
    """Return the file's lines, none when there is no file yet; ConfigError when it isn't sound."""
    if not path.exists():
        return []
    tokens_in(path)
    return path.read_text("utf-8").splitlines()


def _name(line: str) -> str:
    return next(iter(line.partition("#")[0].split()), "")


def _names(lines: list[str]) -> set[str]:
    return {_name(line) for line in lines} - {""}


def _write(path: pathlib.Path, lines: list[str]) -> None:
    """Replace the file in one step; mode 0600 from the first byte on."""
    try:
        descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        pathlib.Path(fresh).replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: can't be written: {error.strerror}") from error
