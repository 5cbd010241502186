"""The commands: each gathers what its room needs, calls it, and words the answer."""
