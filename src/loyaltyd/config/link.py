"""The table [link]: the spool, and for the courier, the way to headquarters."""

import datetime as dt
import pathlib
from typing import Annotated

import pydantic
from pydantic import AfterValidator, BeforeValidator, Field

from loyaltyd.config import values
from loyaltyd.domain.toml import Table

EVERY_MIN, EVERY_MAX = dt.timedelta(seconds=1), dt.timedelta(hours=1)

FilePath = Annotated[pathlib.Path, BeforeValidator(values.file_path)]
Every = Annotated[dt.timedelta, BeforeValidator(values.span), Field(ge=EVERY_MIN, le=EVERY_MAX)]


class Link(Table):
    """How records reach headquarters; url None: by files alone. every: between two batches.

    The daemon uses folder, hq_key and every; the rest is the courier's.
    """

    folder: FilePath = pathlib.Path("/var/spool/loyaltyd")
    hq_key: FilePath = Field(examples=["/etc/loyaltyd/hq.pub"])
    url: Annotated[str, AfterValidator(values.hq_url)] | None = Field(
        default=None, examples=["https://hq.example:8443"]
    )
    every: Every = dt.timedelta(seconds=30)
    ca: FilePath | None = Field(default=None, examples=["/etc/loyaltyd/hq-ca.pem"])
    certificate: FilePath | None = Field(default=None, examples=["/etc/loyaltyd/till.pem"])
    certificate_key: FilePath | None = Field(default=None, examples=["/etc/loyaltyd/till.pem.key"])

    @pydantic.model_validator(mode="after")
    def _fits(self) -> "Link":
        if (self.certificate is None) != (self.certificate_key is None):
            raise ValueError("certificate and certificate_key go together")
        return self
