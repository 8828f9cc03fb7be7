"""How the texts of settings are read; ValueError says what is wrong with one."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAX_BLOCK_LISTS: Final = 20
_EMAIL: Final = re.compile(r"[^\s@<>\"',;]{1,64}@[A-Za-z0-9.-]{1,253}")
_HOST_NAME: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.ASCII)


def number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(f"must be between {low} and {high}")
        return number

    return read


def optional(read: Callable[[str], int]) -> Callable[[str], int | None]:
    return lambda text: read(text) if text else None


def one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return read


def yes_or_no(text: str) -> bool:
    return one_of("yes", "no")(text) == "yes"


def on_or_off(text: str) -> bool:
    word = text.lower()
    if word not in ("true", "false", "on", "off", "1", "0"):
        raise ValueError("must be true or false")
    return word in ("true", "on", "1")


def words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def networks(text: str) -> tuple[IPNetwork, ...]:
    return tuple(ipaddress.ip_network(word) for word in words(text))


def paths(text: str) -> tuple[Path, ...]:
    return tuple(Path(word) for word in words(text))


def optional_path(text: str) -> Path | None:
    return Path(text) if text else None


def name_servers(text: str) -> tuple[tuple[str, int], ...]:
    return tuple(name_server(word) for word in words(text))


def name_server(word: str) -> tuple[str, int]:
    # One colon stands before a port; several are IPv6, which takes brackets to have a port.
    address, port = (word, "53") if word.count(":") != 1 and "]:" not in word else word.rsplit(":", 1)
    return str(ipaddress.ip_address(address.removeprefix("[").removesuffix("]"))), number(1, 65535)(port)


def public_hosts(text: str) -> tuple[str, ...]:
    return tuple(public_host(word.lower().removesuffix(".")) for word in words(text))


def public_host(word: str) -> str:
    try:
        return str(ipaddress.ip_address(word.removeprefix("[").removesuffix("]")))
    except ValueError:
        pass
    if not _HOST_NAME.fullmatch(word):
        raise ValueError(f"{word} is neither an address nor a host name (in punycode, without scheme and port)")
    return word


def block_list(text: str) -> tuple[str, ...]:
    sources = words(text)
    for source in sources:
        if "://" in source and not source.startswith(("http://", "https://")):
            raise ValueError(f"{source} is neither a file nor an http:// or https:// address")
    if len(sources) > _MAX_BLOCK_LISTS:
        raise ValueError(f"at most {_MAX_BLOCK_LISTS} lists can be loaded")
    # Processes may be started in other directories.
    return tuple(source if "://" in source else str(Path(source).absolute()) for source in dict.fromkeys(sources))


def email(text: str) -> str:
    if text and not _EMAIL.fullmatch(text):
        raise ValueError("must be an e-mail address")
    return text


def database_url(text: str) -> str:
    if text and not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return text.replace("postgresql://", "postgresql+psycopg://", 1)
