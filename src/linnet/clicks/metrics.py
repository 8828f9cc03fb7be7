"""What the way of a click reports: as much of a metric as those need who report."""

from collections.abc import Mapping
from typing import Protocol

from linnet.model.click import DropReason


class Counter(Protocol):
    """A counter."""

    def inc(self, amount: float, /) -> None: ...


class Gauge(Protocol):
    """A gauge."""

    def set(self, value: float, /) -> None: ...


class RunningTotals(Protocol):
    """A counter that is brought up to totals, by label."""

    def show(self, totals: Mapping[DropReason, int], /) -> None: ...


class PipelineMetrics(Protocol):
    """What the pipeline reports: clicks stored, the journal's bytes that are not, the newest click's age when stored, drops."""

    @property
    def stored(self) -> Counter: ...

    @property
    def journal_lag(self) -> Gauge: ...

    @property
    def ingest_lag(self) -> Gauge: ...

    @property
    def dropped(self) -> RunningTotals: ...
