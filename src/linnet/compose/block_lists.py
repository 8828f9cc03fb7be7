"""Loading the block-lists: in a process of its own, because parsing a million lines takes seconds and much memory."""

import hashlib
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import structlog

from linnet.compose.places import Places
from linnet.model.blocklist import Entry, read_line
from linnet.model.errors import Unfetchable
from linnet.model.url import clean_url, location
from linnet.network.harmful import HarmfulHosts, HarmfulIndex
from linnet.settings import Settings

MAX_ENTRIES: Final = 3_000_000
_MAX_BYTES: Final = 64 << 20
_FETCH_SECONDS: Final = 60.0
_TYPES: Final = ("text/plain", "text/csv", "application/octet-stream", "binary/octet-stream", "application/text")
_log = structlog.get_logger("linnet.block_lists")


def load_block_lists(settings: Settings) -> bool:
    """Read all lists of the settings, keep a copy of each, and put what they hold into the index of the node.

    Of a list that cannot be read the last copy counts; False when there was one. Nothing is written when nothing changed.
    """
    places = Places(settings.data_dir)
    places.block_lists.mkdir(parents=True, exist_ok=True, mode=0o700)
    copies = {source: _copy_of(places, source) for source in settings.block_list}
    renewed = [_renew(source, copy, settings) for source, copy in copies.items()]
    for stray in set(places.block_lists.iterdir()) - set(copies.values()):
        stray.unlink()
    present = [copy for copy in copies.values() if copy.exists()]
    made_of = _digest(present)
    index = HarmfulIndex(places.harmful, writing=True)
    try:
        if made_of != index.made_of():
            hosts = index.replace(sorted(_entries(present)), made_of)
            _log.info("block_lists.loaded", hosts=hosts, lists=len(present))
    finally:
        index.close()
    return all(renewed)


def listed_hosts(settings: Settings) -> int:
    """How many hosts are listed."""
    index = HarmfulIndex(Places(settings.data_dir).harmful, writing=True)
    try:
        return index.size()
    finally:
        index.close()


def listed_host(settings: Settings, address: str) -> str | None:
    """The listed host that a host or an address falls under; None when nothing of it is blocked. InvalidField for what is
    neither."""
    url = clean_url(address if "://" in address else f"https://{address}/", field="The address")
    hosts = HarmfulHosts(HarmfulIndex(Places(settings.data_dir).harmful, writing=True))
    try:
        return hosts.listed_host(location(url))
    finally:
        hosts.close()


def is_address(source: str) -> bool:
    """Whether a list of the settings is to be fetched, rather than read from a file."""
    return source.startswith(("http://", "https://"))


def _copy_of(places: Places, source: str) -> Path:
    return places.block_lists / f"{hashlib.blake2b(source.encode(), digest_size=16).hexdigest()}.txt"


def _renew(source: str, copy: Path, settings: Settings) -> bool:
    """Bring the copy of a list up to date; False when the list cannot be read now."""
    try:
        text = _fetched(source, settings) if is_address(source) else _read(Path(source))
    except (Unfetchable, OSError) as error:
        _log.warning("block_lists.unreadable", list=source, error=str(error), copy=copy.exists())
        return False
    if not copy.exists() or copy.read_bytes() != text:
        new = copy.with_suffix(".new")
        new.write_bytes(text)
        os.replace(new, copy)
    return True


def _fetched(source: str, settings: Settings) -> bytes:
    # Imported when there is something to fetch.
    from linnet.network.fetch import FetchOptions, fetch

    options = FetchOptions(allowed_networks=settings.fetch_allowed_networks, total_seconds=_FETCH_SECONDS)
    return fetch(source, options, max_bytes=_MAX_BYTES, media_types=_TYPES, name="The block-list").body


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        text = opened.read(_MAX_BYTES + 1)
    if len(text) > _MAX_BYTES:
        raise OSError(f"The file is larger than {_MAX_BYTES:,} bytes.")
    return text


def _digest(copies: list[Path]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for copy in copies:
        content = copy.read_bytes()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.digest()


def _entries(copies: list[Path]) -> set[Entry]:
    found = set(islice(_read_entries(copies), MAX_ENTRIES))
    if len(found) == MAX_ENTRIES:
        _log.warning("block_lists.cut_short", entries=MAX_ENTRIES)
    return found


def _read_entries(copies: list[Path]) -> Iterator[Entry]:
    for copy in copies:
        with copy.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                entry = read_line(line)
                if entry is not None:
                    yield entry
