"""What a click store is brought: clicks, with the spans of the journal that they account for."""

from collections.abc import Sequence
from dataclasses import dataclass

from linnet.clicks.columns import Columns
from linnet.clicks.conversions import Conversion


class OffsetMismatch(Exception):
    """Clicks that do not continue where the store's record of their segment ends: nothing was written."""


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes of a segment that clicks account for; ``start`` None is not checked."""

    segment: str
    start: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class Portion:
    """Clicks by column (None: no click came of those bytes) and conversions, with the spans of the journal that they are all
    of. Of ``restored`` ones the
    domain is told to remember what it was told to forget, from the oldest on."""

    columns: Columns | None
    spans: Sequence[Span]
    conversions: Sequence[Conversion] = ()
    restored: bool = False


def advance(offsets: dict[str, int], span: Span) -> None:
    """Move a segment's offset to the end of ``span``. Raises OffsetMismatch where the span does not begin there."""
    stored = offsets.get(span.segment, 0)
    if span.offset <= stored or (span.start is not None and span.start != stored):
        raise OffsetMismatch(
            f"{span.segment}: clicks of {span.start} to {span.offset} were brought, but the store is at {stored}"
        )
    offsets[span.segment] = span.offset


def import_segments(domain_id: int) -> str:
    """What the names of a domain's segments of imports begin with; those of journals begin otherwise."""
    return f"import-{domain_id}-"
