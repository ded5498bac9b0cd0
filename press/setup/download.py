"""One picture from the web, within limits and never from this machine or its network.

In: a web address. Out: bytes, and the address they came from after redirects; or why not. Each
address is resolved once, and the connection goes to the address that was checked, so a name that
resolves to another one later gains nothing. This module must not know articles or pictures.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote, urljoin, urlsplit

from press import __version__
from press.core.records import dataclass

MOST_BYTES = 20 * 2**20
MOST_SECONDS = 30.0
_REDIRECTS = 5
_PORT = 443
_CHUNK = 64 * 1024
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(Exception):
    """An address from which nothing is fetched; the message completes `'https://…' …`."""


class Failed(Exception):
    """A download that failed; the message completes `'https://…' …`."""


def _resolve(host: str) -> Sequence[str]:
    """Return every IP address of a host."""
    found = socket.getaddrinfo(host, _PORT, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _connect(ip: str, host: str, seconds: float) -> socket.socket:
    """Return an encrypted connection to an IP address, whose certificate is that of the host."""
    plain = socket.create_connection((ip, _PORT), seconds)
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


@dataclass(frozen=True)
class Network:
    """How names are resolved and connections made; tests put their own in its place."""

    resolve: Callable[[str], Sequence[str]] = _resolve
    connect: Callable[[str, str, float], socket.socket] = _connect
    seconds: float = MOST_SECONDS
    most: int = MOST_BYTES


def download(address: str, network: Network, accept: str = "") -> tuple[bytes, str]:
    """Return the bytes at a web address, and the address after redirects.

    `accept` is the type of file that is asked for, if the server has several (RFC 9110, 12.5.1).

    Raises:
        Forbidden: it is not https, or it is on this machine or its network.
        Failed: it cannot be reached, is too large, too slow, or not there.
    """
    end = time.monotonic() + network.seconds
    for _ in range(_REDIRECTS + 1):
        host, path = _parts(address)
        ips = _checked(host, network)
        with _words_for_errors(), _Connection(host, ips, network, end) as connection:
            answer = connection.ask(path, accept)
            if answer.status in (301, 302, 303, 307, 308):
                address = urljoin(address, answer.headers.get("Location") or "")
                continue
            if answer.status != http.client.OK:
                raise Failed(f"answers {answer.status} {answer.reason}".rstrip())
            return connection.body(answer), address
    raise Failed(f"leads on more than {_REDIRECTS} times")


def _parts(address: str) -> tuple[str, str]:
    """Return host and path of an address.

    Raises:
        Forbidden: it is not a plain address of a web site with https.
    """
    try:
        parts = urlsplit(address)
        port, host = parts.port, (parts.hostname or "").rstrip(".")
        host = host if ":" in host else host.encode("idna").decode()
    except ValueError:  # UnicodeError is one
        raise Forbidden("is not a valid web address") from None
    if parts.scheme != "https":
        raise Forbidden("is not an https address")
    if not host or parts.username is not None or port not in (None, _PORT):
        raise Forbidden("has a user name, a port, or no host")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return host, path + (
        f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
    )


def _checked(host: str, network: Network) -> Sequence[str]:
    """Return the IP addresses of a host; all of them must be public.

    Raises:
        Forbidden: one is of this machine or its network.
        Failed: the host is unknown.
    """
    with _words_for_errors():
        found = network.resolve(host)
    for text in found:
        try:
            ip = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            raise Forbidden("has an address that is not valid") from None
        if not _is_public(ip):
            raise Forbidden("leads to this machine or its network")
    if not found:
        raise Failed("has an unknown host")
    return found


def _is_public(ip: Address) -> bool:
    """Return whether an IP address is on the public internet, also one that holds another."""
    if isinstance(ip, ipaddress.IPv6Address):
        inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in _TRANSLATED:
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if any(each is not None and not _is_public(each) for each in inner):
            return False
        if ip.ipv4_mapped or ip in _TRANSLATED:
            return True
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


@contextlib.contextmanager
def _words_for_errors() -> Iterator[None]:
    """Turn whatever a connection raises into `Failed`."""
    try:
        yield
    except socket.gaierror:
        raise Failed("has an unknown host") from None
    except TimeoutError:
        raise Failed("took too long") from None
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or "the encryption failed"
        raise Failed(f"is not secure: {reason}") from None
    except (http.client.HTTPException, UnicodeError):
        raise Failed("gave an answer that is not valid") from None
    except OSError as error:
        raise Failed(f"cannot be reached: {error.strerror or error}") from None


class _Connection:
    """A connection that ends at a given time, however slowly the other side sends."""

    def __init__(self, host: str, ips: Sequence[str], network: Network, end: float) -> None:
        self.host, self.end, self.most = host, end, network.most
        self.socket = self._first(ips, network)
        self.client = http.client.HTTPConnection(host)
        self.client.sock = self.socket
        self.late = False
        self.timer = threading.Timer(self._left(), self._stop)
        self.timer.daemon = True

    def _first(self, ips: Sequence[str], network: Network) -> socket.socket:
        """Connect to the first address that answers."""
        for ip in ips[:-1]:
            with contextlib.suppress(OSError):
                return network.connect(ip, self.host, self._left())
        return network.connect(ips[-1], self.host, self._left())

    def _left(self) -> float:
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _stop(self) -> None:
        self.late = True
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> _Connection:
        self.socket.settimeout(self._left())
        self.timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.timer.cancel()
        self.client.close()
        if self.late and kind is not None:
            raise TimeoutError

    def ask(self, path: str, accept: str) -> http.client.HTTPResponse:
        """Send a request; return the head of the answer."""
        headers = {"User-Agent": f"makebook/{__version__}", "Accept-Encoding": "identity"}
        headers |= {"Accept": accept} if accept else {}
        self.client.request("GET", path, headers={**headers, "Connection": "close"})
        return self.client.getresponse()

    def body(self, answer: http.client.HTTPResponse) -> bytes:
        """Return the body of an answer.

        Raises:
            Failed: it is too large, or compressed although that was not asked for.
        """
        if (answer.headers.get("Content-Encoding") or "identity").lower() != "identity":
            raise Failed("gave an answer that is not valid")
        data = bytearray()
        declared = answer.headers.get("Content-Length") or ""
        large = re.fullmatch(r"\d{1,18}", declared) and int(declared) > self.most
        while not large and (piece := answer.read(_CHUNK)):
            data += piece
            large = len(data) > self.most
        if large:
            raise Failed(f"is larger than {self.most / 2**20:.0f} MB")
        if self.late:
            raise TimeoutError
        return bytes(data)
