"""Logs: journald fields under systemd, JSON lines on stderr elsewhere; card numbers masked."""

import contextlib
import json
import logging
import os
import pathlib
import re
import socket
import sys
import threading
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from loyaltyd.domain.card import masked

JOURNAL = "/run/systemd/journal/socket"
VALUE_BYTES_MAX = 16_000  # a datagram holds some 200,000, and a traceback is its longest field.
# 8 to 19 digits may be a card's, more may hold one, and embossed ones stand in groups, no date so.
CARD_DIGITS = re.compile(r"\d{8,}|\d{4}(?:[ -]\d{3,7}){2,4}")
CARD_NUMBER_MIN = 10**7
PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}  # syslog(3)

Line = MutableMapping[str, Any]


def configure(environment: Mapping[str, str], level: int = logging.INFO) -> None:
    """Send every log line of this process to journald or stderr, warnings and last words too."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _Journal() if _is_journal(environment) else logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # a courier says itself what was no answer
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_died
    sys.excepthook = _process_died


def mask_numbers(_logger: object, _method: str, line: Line) -> Line:
    """Mask what may be a card number in every text of a line, however it got there."""
    return {key: _masked(value) for key, value in line.items()}


def journal_entry(line: Mapping[str, Any]) -> bytes:
    """Return line in journald's native format, systemd.io/JOURNAL_NATIVE_PROTOCOL."""
    priority = PRIORITIES.get(str(line.get("level")), 6)
    fields = {
        "MESSAGE": line.get("event", ""),
        "PRIORITY": priority,
        "SYSLOG_IDENTIFIER": "loyaltyd",
    }
    fields |= {
        re.sub(r"[^A-Z0-9_]", "_", key.upper()).lstrip("_0123456789"): value
        for key, value in line.items()
        if key not in {"event", "level", "timestamp"}
    }
    entry = b""
    for name, value in fields.items():
        text = str(value).encode(errors="backslashreplace")[:VALUE_BYTES_MAX]
        # The form with a length: a value may then hold a line break.
        entry += name.encode() + b"\n" + len(text).to_bytes(8, "little") + text + b"\n"
    return entry


def _masked(value: object) -> object:
    if isinstance(value, str):
        return CARD_DIGITS.sub(lambda digits: masked(digits[0]), value)
    if isinstance(value, Mapping):
        return {_masked(key): _masked(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(each) for each in value]
    small = isinstance(value, int) and abs(value) < CARD_NUMBER_MIN
    return value if small or isinstance(value, float | None) else _masked(str(value))


def _formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_log_level],
        processors=[
            _named,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_numbers,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _named(_logger: object, _method: str, line: Line) -> Line:
    line["logger"] = line["_record"].name
    return line


def _is_journal(environment: Mapping[str, str]) -> bool:
    """Whether stderr is the stream that systemd opened for us: JOURNAL_STREAM, systemd.exec(5)."""
    device, _, inode = environment.get("JOURNAL_STREAM", "").partition(":")
    try:
        state = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    same = (device, inode) == (str(state.st_dev), str(state.st_ino))
    return same and pathlib.Path(JOURNAL).is_socket()


class _Journal(logging.Handler):
    """Sends lines to journald's socket; a journal that is gone loses lines, never a receipt."""

    def __init__(self, path: str = JOURNAL) -> None:
        super().__init__()
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)

    def emit(self, record: logging.LogRecord) -> None:
        entry = journal_entry(json.loads(self.format(record)))
        # Not handleError: it writes the line to stderr, unmasked, where a journald that hangs would
        # block us, for stderr is a stream to it.
        with contextlib.suppress(OSError):
            self._socket.sendto(entry, self._path)

    def close(self) -> None:
        self._socket.close()
        super().close()


def _thread_died(died: threading.ExceptHookArgs) -> None:
    thread = died.thread.name if died.thread else ""
    exception = died.exc_value
    logging.getLogger("loyaltyd").critical("thread %s died", thread, exc_info=exception)


def _process_died(_kind: type[BaseException], error: BaseException, _at: object) -> None:
    logging.getLogger("loyaltyd").critical("the process died", exc_info=error)
