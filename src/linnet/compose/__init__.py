"""The wiring: the only place that names concrete classes and starts processes."""
