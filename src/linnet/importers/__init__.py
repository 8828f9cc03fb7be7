"""Importers from other link services."""
