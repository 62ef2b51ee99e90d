"""Which proxy a request goes through, if any."""

from __future__ import annotations

import base64
import ipaddress
import urllib.parse
import urllib.request
from dataclasses import dataclass, field

from pipette.model.account import Network
from pipette.model.errors import ProxyRefused

_DEFAULT_PORT = 80


@dataclass(frozen=True, slots=True)
class Proxy:
    """A plain HTTP proxy. ``authorization`` is the header value it wants, or ""; a secret."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)


def proxy_for(network: Network, scheme: str, host: str) -> Proxy | None:
    """The proxy for this host; None means directly.

    A proxy in our own settings serves everything; the system's are asked anew each time, because
    a notebook changes networks, and never for this computer itself. Raises ProxyRefused for a
    kind of proxy we do not speak to.
    """
    if network.proxy:
        return parse_proxy(network.proxy)
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies()
    address = proxies.get(scheme) or proxies.get("all")
    return parse_proxy(address) if address else None


def parse_proxy(address: str) -> Proxy:
    """Read ``http://user:password@host:port``; the scheme may be left out."""
    try:
        parts = urllib.parse.urlsplit(address if "://" in address else f"http://{address}")
        host, port = parts.hostname, parts.port or _DEFAULT_PORT
    except ValueError:
        # "from None": the reason quotes the address, which may hold a password.
        raise ProxyRefused("the address of the proxy cannot be read") from None
    if parts.scheme != "http" or not host:
        raise ProxyRefused(f"a proxy of the kind {parts.scheme!r} is not supported")
    return Proxy(host, port, _basic(parts.username, parts.password))


def is_loopback(host: str) -> bool:
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _basic(user: str | None, password: str | None) -> str:
    if user is None:
        return ""
    pair = f"{urllib.parse.unquote(user)}:{urllib.parse.unquote(password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
