"""The rules of link management as pure values and functions: no I/O, no clock, no framework."""
