"""The control API of a release, and the loop that keeps its traffic on its champions."""
