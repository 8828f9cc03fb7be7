"""Raw clicks turned into columns as they are read: numbers, and texts of which each different one is kept once."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from linnet.clicks.columns import Column
from linnet.model.click import ClickFlag, RawClick
from linnet.visitor.address import Network, is_trusted, told_address
from linnet.visitor.packed import packed_addresses

_MAX_MS: Final = 253_402_300_799_999
_TEXTS: Final = ("method", "hostname", "target", "user_agent", "referrer", "language")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A column of which ``values`` has the different values, and ``number`` for each row its value's place."""

    values: list[Any]
    number: Column

    def __getitem__(self, kept: Column) -> "Numbered":
        return Numbered(self.values, self.number[kept])


@dataclass(frozen=True, slots=True)
class RawColumns:
    """Raw clicks by column, with the visitors' addresses packed (``visitor.packed``)."""

    at_ms: Column
    domain_id: Column
    link_number: Column
    status: Column
    flags: Column
    method: Numbered
    hostname: Numbered
    target: Numbered
    user_agent: Numbered
    referrer: Numbered
    language: Numbered
    address: Column

    def __len__(self) -> int:
        return len(self.at_ms)

    def only(self, kept: Column) -> "RawColumns":
        """The rows that ``kept`` marks."""
        kept_fields: dict[str, Any] = {name: getattr(self, name)[kept] for name in self.__slots__}
        return RawColumns(**kept_fields)


class Gathering:
    """Takes records, a few thousand at a time, so that each is forgotten while it is still in a processor's cache.

    ``trusted`` are the proxies that are believed about addresses. Records that are no clicks but tell of conversions are put
    into ``beacons``, where that is given.
    """

    def __init__(self, trusted: Sequence[Network] = (), beacons: list[RawClick] | None = None) -> None:
        self._trusted = trusted
        self._beacons = beacons
        self._taken = 0
        self._numbers: list[Column] = []
        self._texts = {name: _Texts() for name in _TEXTS}
        self._addresses: list[Column] = []

    def __len__(self) -> int:
        """How many records were taken for clicks."""
        return self._taken

    def take(self, records: Sequence[RawClick]) -> None:
        """Take records as they were read; whether a store can hold them is seen in the end."""
        self._taken += len(records)
        try:
            self._take(records)
        except OverflowError:
            self._take([record for record in records if is_sound(record)])

    def _take(self, records: Sequence[RawClick]) -> None:
        if not records:
            return
        columns = dict(zip(RawClick._fields, zip(*records, strict=True), strict=True))
        numbers = np.array([columns[name] for name in ("at_ms", "domain_id", "link_number", "status", "flags")], dtype=np.int64)
        if self._beacons is not None and (numbers[-1] & ClickFlag.CONVERSION).any():
            beacons = [record for record in records if record[11] & ClickFlag.CONVERSION]
            self._beacons += beacons
            self._taken -= len(beacons)
            self._take([record for record in records if not record[11] & ClickFlag.CONVERSION])
            return
        self._numbers.append(numbers)
        for name, texts in self._texts.items():
            texts.take(columns[name])
        peers, chains = columns["peer"], columns["forwarded_for"]
        self._addresses.append(packed_addresses(self._visitors(peers, chains) if any(chains) else peers))

    def _visitors(self, peers: Sequence[str], chains: Sequence[str]) -> list[str]:
        """``client_address`` of each, for which there are few proxies to tell whether they are trusted."""
        believed = {peer: is_trusted(peer, self._trusted) for peer in set(peers)}
        return [
            (told_address(chain, self._trusted) or peer) if chain and believed[peer] else peer
            for peer, chain in zip(peers, chains, strict=True)
        ]

    def columns(self) -> RawColumns | None:
        """All clicks that a store can hold, in their order; None when there are none."""
        if not self._numbers:
            return None
        at_ms, domain_id, link_number, status, flags = np.concatenate(self._numbers, axis=1)
        raw = RawColumns(
            at_ms,
            domain_id,
            link_number,
            status,
            flags,
            **{name: texts.numbered() for name, texts in self._texts.items()},
            address=np.concatenate(self._addresses),
        )
        sound = _sound_ones(raw)
        if sound.all():
            return raw
        return raw.only(sound) if sound.any() else None


def is_sound(raw: RawClick) -> bool:
    """Whether a store can hold it; the edge writes nothing else, but what is on a disk may be anything."""
    return (
        0 < raw[0] <= _MAX_MS
        and 0 <= raw[1] < 1 << 31
        and 0 <= raw[2] < 1 << 63
        and 0 <= raw[3] < 1 << 16
        and 0 <= raw[11] < 1 << 63
        and raw[6][:1] == "/"
    )


def _sound_ones(raw: RawColumns) -> Column:
    """``is_sound`` for each row."""
    target = np.array([text[:1] == "/" for text in raw.target.values], dtype=np.bool_)[raw.target.number]
    ranges = ((raw.at_ms, 1, _MAX_MS + 1), (raw.domain_id, 0, 1 << 31), (raw.status, 0, 1 << 16))
    for column, least, bound in ranges:
        target &= (column >= least) & (column < bound)
    sound: Column = target & (raw.link_number >= 0) & (raw.flags >= 0)
    return sound


class _Texts:
    """Numbers texts, or what else is hashable, in the order of their first appearance."""

    def __init__(self) -> None:
        self._known = _Known()
        self._parts: list[Column] = []

    def take(self, keys: Sequence[Hashable]) -> None:
        self._parts.append(np.fromiter(map(self._known.__getitem__, keys), dtype=np.int32, count=len(keys)))

    def numbered(self) -> Numbered:
        return Numbered(list(self._known), np.concatenate(self._parts))


class _Known(dict[Hashable, int]):
    """A number for each key, given when it is first asked for."""

    def __missing__(self, key: Hashable) -> int:
        number = self[key] = len(self)
        return number
