"""QR codes told from links: a marker in the query of the address that a code holds, which goes no further than the edge."""

from typing import Final

# Not a name that destinations use; short, because each character makes a code denser.
MARKER: Final = "_qr"
_MARKER: Final = MARKER.encode()


def marked(short_url: str) -> str:
    """The address for a QR code of a link with this short URL."""
    return f"{short_url}?{MARKER}"


def without_marker(query: bytes) -> tuple[bytes, bool]:
    """A visitor's query (without its "?") for the destination, and whether the visitor comes by a QR code. A marker may have
    got an empty value on its way, or other parameters beside it."""
    if _MARKER not in query:
        return query, False
    pairs = query.split(b"&")
    kept = [pair for pair in pairs if pair != _MARKER and pair != _MARKER + b"="]
    return b"&".join(kept), len(kept) < len(pairs)
