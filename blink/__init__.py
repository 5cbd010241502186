"""Composition root: the `blink` command, settings and the one-machine stack."""

__version__ = "0.1.0"
