"""A quote's token: what was promised and until when, under the till's key; nothing is stored."""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
from dataclasses import dataclass, replace

from loyaltyd.domain.basket import Basket
from loyaltyd.domain.engine.quote import Result
from loyaltyd.domain.facts import bytes_of, facts_of
from loyaltyd.domain.record import canonical

LIFETIME = dt.timedelta(minutes=5)  # a cashier needs one; a shopper fetches a forgotten wallet
PREFIX = "q1"
DIGEST_DIGITS = 32  # 128 bits: a basket made to collide gains nothing, its amounts are checked too


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a quote's token holds: digests of basket, program and amounts, its time and its end."""

    basket: str
    program: str
    amounts: str
    at: dt.datetime
    expires_at: dt.datetime


def promise_of(
    basket: Basket, result: Result, program: str, at: dt.datetime, now: dt.datetime
) -> Promise:
    """The promise that a quote for at makes now; program is the hash of its text."""
    return Promise(
        basket=basket_digest(basket),
        program=program,
        amounts=amounts_digest(result),
        at=at,
        expires_at=now.replace(microsecond=0) + LIFETIME,
    )


def token_of(promise: Promise, key: bytes) -> str:
    """The promise as a text that only this till can make."""
    body = _encoded(canonical(facts_of(promise)).encode())
    return f"{PREFIX}.{body}.{_mac(body, key)}"


def promise_in(token: str, key: bytes) -> Promise | None:
    """Read a token back; None when this till never made it."""
    prefix, _, rest = token.partition(".")
    body, _, mac = rest.partition(".")
    if prefix != PREFIX or not hmac.compare_digest(mac.encode(), _mac(body, key).encode()):
        return None
    try:
        facts = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError):
        return None
    at, expires_at = (dt.datetime.fromisoformat(facts.pop(name)) for name in ("at", "expires_at"))
    return Promise(at=at, expires_at=expires_at, **facts)


def basket_digest(basket: Basket) -> str:
    """What the token says of the basket; how it is paid and shown may change after the quote."""
    return _digest(bytes_of(replace(basket, payments=(), split=False)))


def amounts_digest(result: Result) -> str:
    """What the token says of the amounts."""
    return _digest(bytes_of(result))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:DIGEST_DIGITS]


def _mac(body: str, key: bytes) -> str:
    return _encoded(hmac.new(key, f"{PREFIX}.{body}".encode(), hashlib.sha256).digest())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
