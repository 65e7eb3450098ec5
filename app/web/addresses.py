"""Addresses of clients: what counts as one client, and whom a proxy names."""

import ipaddress
from collections.abc import Iterable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parsed(text: str) -> Address | None:
    """The IP address that a text is, with or without a port; None: it is none.

    An IPv4 address in its IPv6 form, as a socket for both shows it, is the IPv4 address.
    """
    host = text.strip()
    if host.startswith("["):
        host, bracket, port = host[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            return None
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        # What follows "%" names an interface of the other machine: any text, and no part of the address.
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def network(client: str) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 network of 64 bits, of which one has all addresses."""
    address = parsed(client)
    if address is None:
        return client
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


class Proxies:
    """The addresses of ``trusted_proxies``: they may say who asks; ``*`` stands for any."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._has_all = "*" in trusted
        self._networks = [ipaddress.ip_network(part, strict=False) for part in trusted if part != "*"]

    def __contains__(self, client: str) -> bool:
        address = parsed(client)
        return self._has_all or (address is not None and any(address in known for known in self._networks))

    def client_named_in(self, forwarded: Iterable[str]) -> str | None:
        """Who asks, by the values of ``X-Forwarded-For``; None: they name nobody.

        Each proxy appends the address that it saw, so the list is read from its end, up to the first address that is
        no proxy's: what stands before it was written by that client, or by anybody. Where every proxy is trusted only
        the last address is known to be no client's word.
        """
        found = None
        for entry in reversed(",".join(forwarded).split(",")):
            address = parsed(entry)
            if address is None:
                break
            found = str(address)
            if self._has_all or found not in self:
                break
        return found
