"""Before which day a domain has no clicks one by one any more, but only their sums, which nobody can make anew."""

from typing import Final

ROLLED_OFF: Final = "CREATE TABLE IF NOT EXISTS rolled_off (domain_id INTEGER PRIMARY KEY, before DATE NOT NULL)"
SET_ROLLED_OFF: Final = """INSERT INTO rolled_off VALUES (?, ?)
    ON CONFLICT (domain_id) DO UPDATE SET before = greatest(before, excluded.before)"""
# The condition on rows with ``domain_id`` and ``day`` (of clicks and of roll-ups) that the clicks of the day are there.
IS_WHOLE: Final = "NOT EXISTS (FROM rolled_off AS gone(gone_id, gone_before) WHERE gone_id = domain_id AND day < gone_before)"
