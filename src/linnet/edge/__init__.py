"""The redirect plane: it answers visitors from a memory-mapped route index and never waits for a database."""
