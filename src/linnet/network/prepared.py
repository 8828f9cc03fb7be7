"""Responses that are the same for everybody: compressed once, and told again only when they changed."""

import gzip
import hashlib
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response


@dataclass(frozen=True, slots=True)
class Prepared:
    """A body, held compressed; ``digest`` names its content."""

    compressed: bytes
    digest: str
    media_type: str

    @classmethod
    def of(cls, body: bytes, media_type: str) -> "Prepared":
        """``body``, to be sent as ``media_type``."""
        return cls.compressed_already(gzip.compress(body, mtime=0), media_type)

    @classmethod
    def compressed_already(cls, compressed: bytes, media_type: str) -> "Prepared":
        """A body that was compressed with gzip before."""
        return cls(compressed, hashlib.sha256(compressed).hexdigest()[:16], media_type)

    def response(self, request: Request[Any, Any, Any], *, cache_control: str) -> Response[bytes]:
        """The body as this client takes it, or 304 when it has it already."""
        # Weak: the two encodings share it.
        tag = f'W/"{self.digest}"'
        headers = {
            "ETag": tag,
            "Cache-Control": cache_control,
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if tag in (each.strip() for each in request.headers.get("if-none-match", "").split(",")):
            return Response(b"", status_code=304, headers=headers, media_type=self.media_type)
        body = self.compressed
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
        else:
            body = gzip.decompress(body)
        return Response(body, headers=headers, media_type=self.media_type)
