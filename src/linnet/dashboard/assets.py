"""Scripts and styles that the web build made, under addresses that change with their content."""

import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from linnet.dashboard.asking import AnyRequest
from linnet.network.prepared import Prepared

FOLDER: Final = Path(__file__).parent / "static"
_SUFFIXES: Final = frozenset({".js", ".css", ".json", ".svg", ".png"})


def address(name: str) -> str:
    """Where the browser finds an asset."""
    asset = find(name)
    return f"/static/{name}?v={asset.digest}" if asset is not None else f"/static/{name}"


@lru_cache(256)
def find(name: str, folder: Path = FOLDER) -> Prepared | None:
    """The asset of that name; None where there is none, as before the first build."""
    file = folder / name
    if file.parent != folder or file.suffix not in _SUFFIXES or not file.is_file():
        return None
    return Prepared.of(file.read_bytes(), mimetypes.types_map.get(file.suffix, "application/octet-stream"))


@get("/static/{name:str}", sync_to_thread=True, include_in_schema=False)
def static(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    """An asset, compressed where the browser takes that. An address with the digest never changes; of a name alone the browser
    asks each time."""
    asset = find(name)
    if asset is None:
        raise NotFoundException
    lasting = request.query_params.get("v") == asset.digest
    return asset.response(request, cache_control="public, max-age=31536000, immutable" if lasting else "public, no-cache")


HANDLERS: Final[tuple[HTTPRouteHandler, ...]] = (static,)
