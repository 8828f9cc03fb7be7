"""Whether the server lives, whether it is ready, and its metrics."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from litestar import Response, Router, get


@dataclass(frozen=True, slots=True)
class Readiness:
    """``ready`` says whether to send visitors here; ``components`` say for people what works and what does not."""

    ready: bool
    components: dict[str, str]


def health_router(readiness: Callable[[], Readiness], render_metrics: Callable[[], tuple[bytes, str]]) -> Router:
    """``/health/live``, ``/health/ready`` and ``/metrics``; none of them needs a key."""

    @get("/health/live", sync_to_thread=False)
    def live() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    # In the loop's own threads: those of the API may all be waiting for a database.
    @get("/health/ready")
    async def ready() -> Response[bytes]:
        """200 when this process can redirect; the body tells what else works."""
        state = await asyncio.to_thread(readiness)
        body = {"status": "ok" if state.ready else "starting", **state.components}
        return Response(msgspec.json.encode(body), status_code=200 if state.ready else 503, media_type="application/json")

    @get("/metrics")
    async def metrics() -> Response[bytes]:
        """Metrics of all processes of this node, for Prometheus."""
        text, content_type = await asyncio.to_thread(render_metrics)
        return Response(text, headers={"content-type": content_type})

    return Router("/", route_handlers=[live, ready, metrics], tags=["Health"])
