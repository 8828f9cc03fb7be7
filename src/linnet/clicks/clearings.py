"""Which domains were told to forget what was before a moment; clicks that come later of that time are left out."""

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import numpy as np

from linnet.clicks.columns import Column, Columns


@dataclass(frozen=True, slots=True)
class Clearings:
    """Domains in the order of their ids, each with the moment before which nothing of it is kept."""

    domains: Column
    moments: Column

    def of(self, domain_id: int) -> datetime | None:
        """The moment of a domain; None for one that was never cleared."""
        found: list[datetime] = self.moments[self.domains == domain_id].astype(datetime).tolist()
        return found[0].replace(tzinfo=UTC) if found else None

    def survivors(self, columns: Columns) -> Columns | None:
        """The clicks that are kept, None when there are none."""
        if not len(self.domains):
            return columns
        domain = columns.own["domain_id"]
        place = np.minimum(np.searchsorted(self.domains, domain), len(self.domains) - 1)
        forgotten = (self.domains[place] == domain) & (columns.own["at"] < self.moments[place])
        if not forgotten.any():
            return columns
        return None if forgotten.all() else columns.only(~forgotten)


def clearings_of(connection: duckdb.DuckDBPyConnection) -> Clearings:
    """The clearings as the connection's transaction sees them."""
    rows = connection.execute("SELECT domain_id, before FROM clearings ORDER BY domain_id").fetchall()
    return Clearings(
        np.array([domain_id for domain_id, _ in rows], dtype=np.int32),
        np.array([moment for _, moment in rows], dtype="datetime64[us]"),
    )
