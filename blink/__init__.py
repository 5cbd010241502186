"""Composition root: the `blink` command, settings and the one-machine stack."""
