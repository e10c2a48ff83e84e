"""Which addresses may be dialled, decided on what a name resolved to and never on how it was spelled."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Block: TypeAlias = IPv4Network | IPv6Network

# They hand a machine's own credentials to whoever asks from inside it, so no base URL opens them.
METADATA: frozenset[Address] = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254",
            "192.0.0.192",
            "100.100.100.200",
            "168.63.129.16",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fd00:c1::a9fe:a9fe",
        ),
    )
)
METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"}
)


def _blocks(rows: Mapping[str, str]) -> tuple[tuple[Block, str], ...]:
    return tuple((ip_network(block), what) for block, what in rows.items())


# No app answers from these, whoever asks for them.
NEVER = _blocks(
    {
        "0.0.0.0/8": "means this machine",
        "169.254.0.0/16": "is link-local",
        "192.0.0.0/24": "is reserved",
        "224.0.0.0/4": "is multicast",
        "240.0.0.0/4": "is reserved",
        "::/96": "means this machine",
        "64:ff9b:1::/48": "leads into a private network",
        "2001::/32": "is a tunnel's",
        "fe80::/10": "is link-local",
        "fec0::/10": "is link-local",
        "ff00::/8": "is multicast",
    }
)

# An app may well live here, but only the person whose network it is can say so.
PRIVATE = _blocks(
    {
        "127.0.0.0/8": "is this machine",
        "::1/128": "is this machine",
        "10.0.0.0/8": "is private",
        "172.16.0.0/12": "is private",
        "192.168.0.0/16": "is private",
        "100.64.0.0/10": "is private",
        "198.18.0.0/15": "is private",
        "fc00::/7": "is private",
    }
)

NAT64 = IPv6Network("64:ff9b::/96")


def refusal(address: str, host: str, *, private: bool = False, plain: bool = False) -> str:
    """
    Return why `address`, which `host` resolved to, is not dialled; an empty string when it may be.

    `private`: the person's own base URL named this host. `plain`: no TLS, which stays on this machine.

    >>> refusal("10.0.0.7", "erp.test")
    '10.0.0.7 is private'
    >>> refusal("10.0.0.7", "erp.test", private=True)
    ''
    """
    if host.rstrip(".").lower() in METADATA_NAMES:
        return f"{host} names a cloud's metadata service"
    try:
        # What has a zone after a "%" means something on one cable only.
        meant = _mapped(ip_address(address.replace("%", " ")))
    except ValueError:
        return f"{address!r} is not an address of one host"
    if inner := _tunnelled(meant):
        # Where the tunnel ends is somebody else's network, so a person's word for this one does not reach it.
        reason = refusal(str(inner), host, plain=plain)
        return reason and f"{address} leads to {inner}, and {reason}"
    if what := _never(meant) or ("" if private else _named(meant, PRIVATE)):
        return f"{address} {what}"
    if plain and not meant.is_loopback:
        return f"{address} is not this machine, and plain http would show everything on the way"
    return ""


def _never(address: Address) -> str:
    if address in METADATA:
        return "is a cloud's metadata service"
    if _named(address, PRIVATE):
        return ""
    # Python's own list differs from version to version, so it may add to ours and never take away.
    return _named(address, NEVER) or ("" if address.is_global else "is not public")


def _named(address: Address, blocks: tuple[tuple[Block, str], ...]) -> str:
    return next((what for block, what in blocks if address in block), "")


def _mapped(address: Address) -> Address:
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def _tunnelled(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that NAT64 or 6to4 would go on to."""
    if not isinstance(address, IPv6Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour
