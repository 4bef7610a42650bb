"""Drivers: what opens a device, one a module, named here as the configuration names them."""

from collections.abc import Callable

from loyaltyd.readers.drivers.pcsc import PcscDriver
from loyaltyd.readers.drivers.replay import ReplayDriver
from loyaltyd.readers.drivers.serial import SerialDriver
from loyaltyd.readers.drivers.transcript import TranscriptDriver
from loyaltyd.readers.port import Driver, SlotDriver

# Each takes what the configuration calls its device, and a baud rate that only a serial line needs.
DRIVERS: dict[str, Callable[[str, int], Driver]] = {
    "serial": SerialDriver,
    "replay": lambda device, _baud: ReplayDriver(device),
}

# Those of readers that talk with cards: from the reader's pattern, or its capture.
SLOT_DRIVERS: dict[str, Callable[[str], SlotDriver]] = {
    "pcsc": PcscDriver,
    "replay": TranscriptDriver,
}
