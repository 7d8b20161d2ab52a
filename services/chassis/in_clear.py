"""Where words may go without TLS: nowhere but to this machine, if they carry a secret or what is personal (law 11)."""

import re
from typing import Final
from urllib.parse import urlsplit

THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_TAKES_ANYBODY: Final = ("tlsinsecure", "tlsallowinvalidcertificates", "tlsallowinvalidhostnames")
_HERE: Final = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]+)?", re.IGNORECASE)


def is_this_machine(host: str) -> bool:
    """Whether what is said to this host stays on the machine."""
    return host.lower() in THIS_MACHINE


def are_on_this_machine(servers: str) -> bool:
    """Whether all of these are, each a host or host:port, separated by commas."""
    return all(_HERE.fullmatch(server) for server in servers.split(","))


def may_carry_secrets(address: str) -> bool:
    """Whether an address is https, or http to this machine."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or is_this_machine(host or ""))


def has_login_in_clear(mongo_uri: str) -> bool:
    """Whether a connection string of MongoDB has a login and would take it to another machine without TLS, or with one
    that takes whoever answers. With `mongodb+srv://` other hosts are looked up, and TLS is on by itself."""
    places, _, options = mongo_uri.partition("?")
    scheme, _, places = places.partition("://")
    login, _, hosts = places.partition("/")[0].rpartition("@")
    asked = {name.lower(): value for name, _, value in (each.partition("=") for each in re.split("[&;]", options))}
    tls = {asked.get("tls"), asked.get("ssl")}
    if not login and "authmechanism" not in asked:
        return False
    is_open = any(asked.get(name) == "true" for name in _TAKES_ANYBODY)
    if scheme == "mongodb+srv":
        return is_open or "false" in tls
    return (is_open or "true" not in tls) and not are_on_this_machine(hosts)
