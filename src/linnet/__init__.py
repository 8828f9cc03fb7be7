"""Linnet: self-hosted link management that speaks Short.io's HTTP API."""

__version__ = "0.1.0"
