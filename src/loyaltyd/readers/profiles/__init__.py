"""Profiles: pure decoders that open nothing, one a module, named as the configuration does."""

from collections.abc import Callable

from loyaltyd.readers.guard import Own
from loyaltyd.readers.profiles.barcode import BarcodeDecoder
from loyaltyd.readers.profiles.magstripe import MagstripeDecoder
from loyaltyd.readers.read import Decoder

PROFILES: dict[str, Callable[[Own], Decoder]] = {
    "barcode": BarcodeDecoder,
    "magstripe": MagstripeDecoder,
}
