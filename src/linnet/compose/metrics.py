"""The Prometheus metrics of all processes of a node, summed over them; and the log's format."""

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO, cast

import structlog

from linnet.model.click import DropReason
from linnet.model.webhook import DeliveryState
from linnet.settings import Settings

if TYPE_CHECKING:
    from prometheus_client import Gauge

    from linnet.actions.webhook_outbox import Backlog

# Room for some 400 samples of one process; there are a few dozen.
_FILE_BYTES: Final = 64 * 1024
_OUTCOMES: Final = {
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.WAITING: "tried_again",
    DeliveryState.FAILED: "given_up",
}


def use_metrics_directory(directory: Path) -> None:
    """Make this process keep its metrics in files of ``directory``; must come before the first use of prometheus_client.

    The files are mapped into memory, where a full disk would end the process: their room is taken before. When there is
    none, this process keeps its metrics apart, where the others do not see them.
    """
    if not _take_room(directory):
        directory = Path(tempfile.mkdtemp(prefix="linnet-metrics-"))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)


def _take_room(directory: Path) -> bool:
    files = [directory / f"{kind}_{os.getpid()}.db" for kind in ("counter", "gauge_mostrecent")]
    try:
        for file in files:
            with file.open("xb") as made:
                os.posix_fallocate(made.fileno(), 0, _FILE_BYTES)
    except OSError:
        for file in files:
            file.unlink(missing_ok=True)
        return False
    return True


def clear_metrics_directory(directory: Path) -> None:
    """Forget the metrics of an earlier start; counters begin at 0 with each start of the supervisor."""
    for file in directory.glob("*.db"):
        file.unlink()


def render_metrics() -> tuple[bytes, str]:
    """The metrics of all processes in the Prometheus text format, and its content type."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST


class Totals:
    """A counter with one label, fed with running totals instead of steps, so that hot paths count in plain integers."""

    def __init__(self, name: str, meaning: str, label: str) -> None:
        from prometheus_client import Counter

        self._counter: Counter = Counter(name, meaning, [label])
        self._seen: dict[str, int] = {}

    def show(self, totals: Mapping[Any, int]) -> None:
        """Bring the counter up to ``totals``, which only grow."""
        for key, total in totals.items():
            label = str(key)
            step = total - self._seen.get(label, 0)
            if step or label not in self._seen:
                self._counter.labels(label).inc(step)
                self._seen[label] = total


class EdgeMetrics:
    """What a web worker shows."""

    def __init__(self) -> None:
        from prometheus_client import Gauge

        self.visits = Totals("linnet_redirects", "Visits answered by the edge, by status.", "status")
        self.dropped = Totals("linnet_clicks_dropped", "Visits that will not be in the statistics, by reason.", "reason")
        self.dropped.show(dict.fromkeys(DropReason, 0))
        self.blocked = Totals("linnet_blocked", "Visits that were not let go on to a harmful host, by who led there.", "by")
        self.journal_bytes: Gauge = _gauge("linnet_journal_bytes", "Bytes in the journal.")
        self.journal_max_bytes: Gauge = _gauge("linnet_journal_max_bytes", "Bytes that the journal may hold; 0 for any number.")
        self.passwords = Totals("linnet_link_passwords", "Passwords sent to links, by what became of them.", "outcome")


class ClicksMetrics:
    """What the clicks worker shows."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Gauge

        self.stored: Counter = Counter("linnet_clicks_stored", "Clicks written to the click store.")
        self.rolled_off: Counter = Counter("linnet_clicks_rolled_off", "Clicks that their domain kept no longer.")
        self.journal_lag: Gauge = _gauge(
            "linnet_journal_lag_bytes", "Bytes in the journal that are not in the click store yet."
        )
        self.ingest_lag: Gauge = _gauge("linnet_ingest_lag_seconds", "Age of the newest stored click when it was stored.")
        self.harmful: Gauge = _gauge("linnet_block_list_hosts", "Hosts on the block-lists.")
        self.routes: Gauge = _gauge("linnet_routes", "Routes in this node's index.")
        self.dropped = Totals("linnet_clicks_dropped", "Visits that will not be in the statistics, by reason.", "reason")


class WebhookMetrics:
    """What the clicks worker shows of webhooks."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Gauge

        self._deliveries: Counter = Counter(
            "linnet_webhook_deliveries", "Deliveries to webhooks, by what came of an attempt.", ["outcome"]
        )
        for outcome in _OUTCOMES.values():
            self._deliveries.labels(outcome)
        self._waiting: Gauge = _gauge("linnet_webhook_waiting", "Deliveries to webhooks that wait.")
        self._oldest: Gauge = _gauge("linnet_webhook_oldest_seconds", "Age of the oldest delivery that waits.")

    def count(self, state: DeliveryState, number: int = 1) -> None:
        """Deliveries are in this state after an attempt."""
        self._deliveries.labels(_OUTCOMES[state]).inc(number)

    def show(self, backlog: "Backlog", now: datetime) -> None:
        """Show what waits now."""
        self.count(DeliveryState.FAILED, backlog.given_up)
        self._waiting.set(backlog.waiting)
        self._oldest.set(max(0.0, (now - backlog.oldest_at).total_seconds()) if backlog.oldest_at is not None else 0)


@lru_cache(1)
def mail_counter() -> Callable[[str], None]:
    """What counts letters, by what became of them."""
    from prometheus_client import Counter

    counter = Counter("linnet_mail", "Letters, by what became of them.", ["outcome"])
    return lambda outcome: counter.labels(outcome).inc()


def _gauge(name: str, meaning: str) -> "Gauge":
    from prometheus_client import Gauge

    return Gauge(name, meaning, multiprocess_mode="mostrecent")


class _UnfailingStream:
    """Drops what cannot be written: a full disk must not turn a line of the log into a failed request."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


def configure_log(settings: Settings) -> None:
    """Structured log lines on standard error, as JSON or for people."""
    level = getattr(logging, settings.log_level.upper())
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _UnfailingStream(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(level, logging.WARNING), format="%(levelname)s %(name)s %(message)s")
