"""The way of a click: journal, enrichment, store."""
