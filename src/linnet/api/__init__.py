"""The HTTP API in Short.io's shapes."""
