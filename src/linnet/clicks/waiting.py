"""What of the journal is not in the click store yet."""

from collections.abc import Mapping
from typing import Final

from linnet.clicks.journal import JournalReader

# Segments that are looked into; of more, the oldest ones.
_MAX_SEGMENTS: Final = 64


def waiting_segments(reader: JournalReader, offsets: Mapping[str, int]) -> dict[str, int]:
    """The segments that have more than the store took of them, and up to which byte they are written now."""
    sizes = {segment: reader.size(segment) for segment in reader.segments()}
    return {segment: size for segment, size in sizes.items() if size > offsets.get(segment, 0)}


def oldest_waiting_ms(reader: JournalReader, offsets: Mapping[str, int]) -> int | None:
    """When the oldest click was made that is still waiting, as far as the first ones of the oldest segments tell; None when
    there is none."""
    oldest: int | None = None
    for segment in sorted(waiting_segments(reader, offsets))[:_MAX_SEGMENTS]:
        try:
            records = reader.read(segment, offsets.get(segment, 0), 1).records
        except OSError:
            # It may come back, and then with clicks of any time.
            return 0
        for record in records:
            oldest = min(record[0], oldest if oldest is not None else record[0])
    return oldest


def are_in(reader: JournalReader, offsets: Mapping[str, int], ends: Mapping[str, int]) -> bool:
    """Whether the store has everything up to ``ends``, which ``waiting_segments`` told before."""
    return all(offsets.get(segment, 0) >= end or reader.size(segment) < end for segment, end in ends.items())
