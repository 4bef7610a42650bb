"""A program's file becomes a Program, or a ConfigError with all that is wrong with it."""

import pathlib

from loyaltyd.config.values import zone
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.errors import ConfigError
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.toml import TEXT_BYTES_MAX, Fault, decoded
from loyaltyd.domain.toml_lines import key_lines


def program_in(path: pathlib.Path) -> Program:
    """Return the program in the file at path; ConfigError has a line for each fault."""
    return program_of(program_text(path), str(path))


def program_text(path: pathlib.Path) -> str:
    """Return what stands in the program's file at path, not yet checked; ConfigError."""
    return text_in(path, "the program")


def text_in(path: pathlib.Path, what: str) -> str:
    """Return the text of a TOML file; ConfigError names it as what."""
    try:
        with path.open("rb") as file:
            text = decoded(file.read(TEXT_BYTES_MAX + 1))
    except OSError as error:
        raise ConfigError(f"{path}: {what} can't be read: {error.strerror}") from error
    if isinstance(text, Fault):
        raise ConfigError(text.said(str(path)))
    return text


def program_of(text: str, file: str) -> Program:
    """Read a program's text; ConfigError with a line for each fault, file named in each."""
    program = program_from(text)
    faults = _local_faults(program, text) if isinstance(program, Program) else program
    if isinstance(program, Program) and not faults:
        return program
    raise ConfigError("\n".join(fault.said(file) for fault in faults))


def _local_faults(program: Program, text: str) -> tuple[Fault, ...]:
    """Find what another machine may not: a time zone that this one has no rules for."""
    try:
        if program.timezone:
            zone(program.timezone)
    except ValueError as error:
        line = key_lines(text).get(("timezone",))
        return (Fault(line=line, key="timezone", message=str(error)),)
    return ()
