"""Measurements against the budgets; ``python -m bench`` runs all of them, ``docs/benchmarks.md`` says how to read them."""
