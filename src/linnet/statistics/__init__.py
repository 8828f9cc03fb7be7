"""From a statistics question to its answer."""
