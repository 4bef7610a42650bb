"""What a driver opens: the contract between the supervisor and each kind of device."""

from typing import Protocol


class Port(Protocol):
    """An open reader; one thread reads it and closes it."""

    def read(self) -> bytes:
        """Return the bytes that came, b"" when none came within 0.5 s; raises ReaderError."""

    def close(self) -> None:
        """Let the device go; never fails, may be called again."""


class Driver(Protocol):
    """Knows how to open one device, any number of times."""

    def open(self) -> Port:
        """Open the device without the bytes that waited while it was closed; raises ReaderError."""
