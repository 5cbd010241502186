"""Simulated loans against crypto assets: what drives default, and what a protocol knows of it (docs/defi.md)."""
