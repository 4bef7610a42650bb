"""HTTP to headquarters: a file goes up, its answer comes down, and nothing else counts.

Between a shop and its headquarters stand proxies, captive portals and lines that die half way.
Whatever is not a whole answer of headquarters, within its time, is a LinkError.
"""

import contextlib
import ipaddress
import socket
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse
from urllib3.util import make_headers

from loyaltyd.domain.errors import ConfigError, LinkError
from loyaltyd.link.spool import ACK, REFUSAL
from loyaltyd.link.wire import ANSWER_BYTES_MAX, ANSWER_MEDIA_TYPE, MEDIA_TYPE

DOOR = "/v1/batches"
SILENCE_S = 20.0  # to reach one address, and between two packets: a line over satellites has some
EXCHANGE_S = 180.0  # for one file, whatever trickles: the largest over 50 kbit/s
HANG_UP_AGAIN_S = 0.1  # while TLS is being agreed on there is no socket to hang up
CONFLICT = 409
SAID_MAX = 200  # characters of what stands in the way

ANSWERS = {200: ACK, CONFLICT: REFUSAL, 413: REFUSAL, 422: REFUSAL}
HEADERS = {"Content-Type": MEDIA_TYPE, "Accept": ANSWER_MEDIA_TYPE, "User-Agent": "loyaltyd"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Whom to believe, None: the machine's authorities; and who we are to who asks for it."""

    ca: Path | None = None
    certificate: Path | None = None
    certificate_key: Path | None = None


MACHINES_OWN = Tls()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What headquarters said of a file; only the till's daemon can tell whether it is genuine.

    suffix: what the answer's file is called, after the name of the one it answers.
    """

    status: int
    suffix: str
    data: bytes


class Client:
    """The line to headquarters: one connection, made when it is needed and kept until `close`."""

    def __init__(
        self,
        url: str,
        tls: Tls = MACHINES_OWN,
        *,
        silence_s: float = SILENCE_S,
        exchange_s: float = EXCHANGE_S,
    ) -> None:
        """Reach for nothing yet; ConfigError for a certificate or a proxy that can't be used.

        url is as `[link] url` may be: https, or http to this machine.
        """
        self._url, self._tls = urlsplit(url), tls
        self._proxy = _proxy(self._url)
        self._silence_s, self._exchange_s = silence_s, exchange_s
        self._connection: HTTPConnection | None = None
        self._socket: socket.socket | None = None
        if self._url.scheme == "https":
            _context(tls)

    def answer_to(self, data: bytes) -> Answer:
        """Send a batch's file; LinkError for whatever isn't an answer of headquarters."""
        with self._in_time() as overdue:
            try:
                return self._answer(data)
            except (HTTPError, HTTPException, OSError, ValueError, ConfigError) as error:
                late = f"no whole answer within {self._exchange_s:g} s"
                said = late if overdue.is_set() else _said(error)
                raise LinkError(f"{self._url.geturl()}: {said}") from error

    def close(self) -> None:
        """Hang up, if connected."""
        if self._connection is not None:
            self._connection.close()

    def _answer(self, data: bytes) -> Answer:
        try:
            connection = self._connected()
            self._socket = connection.sock
            # Headquarters may have seen enough of a file, answer and hang up: it is still heard.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                path = self._url.path.rstrip("/") + DOOR
                connection.request(
                    "POST",
                    path,
                    body=data,
                    headers=HEADERS,
                    preload_content=False,
                    decode_content=False,
                )
            with contextlib.closing(connection.getresponse()) as response:
                return _taken(response)
        except BaseException:
            self.close()  # whatever else comes on it would be taken for the next file's answer
            raise

    def _connected(self) -> HTTPConnection:
        if self._connection is None or not self._connection.is_connected:
            self.close()
            self._connection = self._opened()
            self._connection.connect()
        return self._connection

    def _opened(self) -> HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "http":
            return HTTPConnection(host, port or 80, timeout=self._silence_s)
        # Anew for each connection: certificates are renewed while a courier runs.
        context, port = _context(self._tls), port or 443
        if self._proxy is None:
            return HTTPSConnection(host, port, timeout=self._silence_s, ssl_context=context)
        opened = HTTPSConnection(
            self._proxy.hostname or "",
            self._proxy.port,
            timeout=self._silence_s,
            ssl_context=context,
        )
        opened.set_tunnel(host, port, headers=_credentials(self._proxy))
        return opened

    @contextlib.contextmanager
    def _in_time(self) -> Iterator[threading.Event]:
        """Hang up when the exchange takes too long, and set the event that this gives.

        Time-outs of a socket begin again with each byte that trickles in.
        """
        done, overdue = threading.Event(), threading.Event()

        def hang_up() -> None:
            wait_s = self._exchange_s
            while not done.wait(wait_s):
                overdue.set()
                wait_s = HANG_UP_AGAIN_S
                self._shut()

        watch = threading.Thread(target=hang_up, name="courier's clock", daemon=True)
        watch.start()
        try:
            yield overdue
        finally:
            done.set()
            watch.join()

    def _shut(self) -> None:
        # A connection lets go of its socket when the answer is to be the last: that one is ours.
        connecting = self._connection.sock if self._connection is not None else None
        for each in (self._socket, connecting):
            if each is not None:
                with contextlib.suppress(OSError):
                    # Not the method of a TLS socket: that one would read on in plain text.
                    socket.socket.shutdown(each, socket.SHUT_RDWR)


def _taken(response: HTTPResponse) -> Answer:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    suffix = ANSWERS.get(response.status)
    if suffix is None or kind != ANSWER_MEDIA_TYPE:
        raise HTTPError(f"answered {response.status} {kind[:80]!r}, which headquarters doesn't")
    data = b""
    # To its very end: only the read after the last byte tells that a body is shorter than it said.
    while len(data) <= ANSWER_BYTES_MAX and (more := response.read(ANSWER_BYTES_MAX + 1)):
        data += more
    if len(data) > ANSWER_BYTES_MAX or not data.endswith(b"\n"):
        raise HTTPError("answered something that is no answer of headquarters")
    return Answer(status=response.status, suffix=suffix, data=data)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _proxy(url: SplitResult) -> SplitResult | None:
    """The proxy that the environment names for url: HTTPS_PROXY, but for what is in NO_PROXY."""
    text = urllib.request.getproxies().get("https")
    host = url.hostname or ""
    if not text or _is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    try:
        proxy = urlsplit(text if "://" in text else f"http://{text}")
        usable = proxy.scheme == "http" and bool(proxy.hostname and proxy.port)
    except ValueError:
        usable = False
    if not usable:  # and never quoted: it may hold a password
        raise ConfigError("HTTPS_PROXY: must be http://HOST:PORT")
    return proxy


def _credentials(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    name, password = unquote(proxy.username), unquote(proxy.password or "")
    return dict(make_headers(proxy_basic_auth=f"{name}:{password}"))


def _context(tls: Tls) -> ssl.SSLContext:
    looked_at = tls.ca
    try:
        context = ssl.create_default_context(cafile=tls.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if tls.certificate is not None:
            looked_at = tls.certificate
            # With a password, if a wrong one: asked for it, OpenSSL would ask a terminal.
            context.load_cert_chain(tls.certificate, tls.certificate_key, password="")
    except OSError as error:
        raise ConfigError(f"{looked_at}: can't be used for TLS: {_said(error)}") from error
    return context


def _said(error: Exception) -> str:
    """What went wrong, without the library's own names for it where the system has a better one."""
    cause = error.__cause__ if isinstance(error, HTTPError) else None
    told = cause if isinstance(cause, OSError) else error
    if isinstance(told, TimeoutError):
        return "no sign of it in time"
    text = told.strerror if isinstance(told, OSError) and told.strerror else str(told)
    # A proxy's words may be anything, and they end on somebody's terminal.
    shown = "".join(it if it.isprintable() else "?" for it in text[:SAID_MAX])
    return shown or type(told).__name__
