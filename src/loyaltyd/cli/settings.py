"""The options of every command that needs the till's settings."""

import functools
import os
import pathlib
from collections.abc import Callable
from typing import Concatenate, ParamSpec

import click

from loyaltyd.config import Settings, load

TOKEN_VARIABLE = "LOYALTYD_TOKEN"  # noqa: S105 - the name of a variable, not a token
NO_SETTINGS = frozenset(("LOYALTYD_CONFIG", TOKEN_VARIABLE))  # variables of the commands themselves

P = ParamSpec("P")


def with_settings(function: Callable[Concatenate[Settings, P], None]) -> Callable[..., None]:
    """Give function the settings that --config, the environment and --set lead to; ConfigError."""

    @settings_if_asked
    @functools.wraps(function)
    def loaded(settings: Callable[[], Settings], /, *args: P.args, **kwargs: P.kwargs) -> None:
        function(settings(), *args, **kwargs)

    return loaded


def settings_if_asked(
    function: Callable[Concatenate[Callable[[], Settings], P], None],
) -> Callable[..., None]:
    """Give function what loads the settings, for a command that may do without."""

    @click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=pathlib.Path),
        help="The till's settings, as before the command.",
    )
    @click.option(
        "--set",
        "flags",
        metavar="KEY=VALUE",
        multiple=True,
        help="A setting over the file's, such as api.listen=127.0.0.1:9000.",
    )
    @functools.wraps(function)
    def loadable(
        config: pathlib.Path | None, flags: tuple[str, ...], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        path = config or click.get_current_context().find_root().params["config"]
        overrides = dict(map(_flag, flags))
        function(
            lambda: load(path, environment=_environment(), overrides=overrides), *args, **kwargs
        )

    return loadable


def _environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if name not in NO_SETTINGS}


def _flag(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter("must be KEY=VALUE", param_hint="--set")
    return key, value
