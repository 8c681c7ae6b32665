"""Which addresses may be fetched: http and https only, and nothing within somebody's own network."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

import httpx2

from modiste.errors import PictureError

__all__ = ["IpAddress", "Target", "is_public", "parse_address"]

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"http": 80, "https": 443}
_LONGEST = 8192
# RFC 6052: IPv6-only networks reach an IPv4 host as this prefix followed by its address.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Target(NamedTuple):
    """An address, taken apart as a request needs it.

    Args:
        url: The whole address in its normal form.
        scheme: ``"http"`` or ``"https"``.
        host: The host's name in ASCII, or its number, without brackets.
        port: 1 to 65535.
        path: What stands behind the host: path and query, percent-encoded.
    """

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """Scheme, host and port: what shares one robots.txt."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """What the ``Host`` header says: the host, in brackets if it is an IPv6 number, and any unusual port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse_address(address: str, *, base: str | None = None) -> Target:
    """Take an address apart.

    Args:
        address: What a list or a redirect says.
        base: The address it was found at; relative ones start from there.

    Raises:
        PictureError: It is no address, or neither http nor https, or holds a name and a password.

    Example:
        >>> parse_address("HTTPS://shop.example/1 2.jpg#top").url
        'https://shop.example/1%202.jpg'
        >>> parse_address("../2.jpg", base="https://shop.example/a/1.jpg").path
        '/2.jpg'
    """
    if len(address) > _LONGEST:
        raise PictureError(f"the address is longer than {_LONGEST:,} characters")
    try:
        url = httpx2.URL(address.strip())
        url = url if base is None else httpx2.URL(base).join(url)
        port = _PORTS.get(url.scheme, 0) if url.port is None else url.port
    except (httpx2.InvalidURL, ValueError) as error:
        raise PictureError(f"this is no web address: {error}") from error
    if url.scheme not in _PORTS or not url.host:
        raise PictureError("this is no web address; expected http://HOST/... or https://HOST/...")
    if not 0 < port < 65_536:
        raise PictureError("this is no web address: a port lies between 1 and 65535")
    if url.userinfo:
        raise PictureError("the address holds a name or a password; addresses with those are not fetched")
    host, path = url.raw_host.decode("ascii"), url.raw_path.decode("ascii")
    target = Target("", url.scheme, host, port, path)
    return target._replace(url=f"{target.origin}{path}")


def is_public(address: IpAddress) -> bool:
    """Tell whether a number is that of a host on the public internet.

    Private, loopback, link-local, multicast, shared, documentation, reserved and unspecified ones are not; IPv6 numbers
    that carry an IPv4 number (mapped, 6to4, NAT64) are judged by it. Source: the IANA special-purpose registries
    (RFC 6890), as Python's `ipaddress` knows them.

    Example:
        >>> [is_public(ipaddress.ip_address(text)) for text in ("93.184.216.34", "10.0.0.1", "::ffff:127.0.0.1")]
        [True, False, False]
    """
    if isinstance(address, ipaddress.IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if carried is not None:
            return is_public(carried)
        if address.is_site_local or address.teredo is not None:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
