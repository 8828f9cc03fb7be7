"""Moments that tests agree on."""

from datetime import UTC, datetime

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
