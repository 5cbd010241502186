"""The `blink` command."""
