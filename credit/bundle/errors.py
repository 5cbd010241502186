"""What can go wrong with a bundle."""


class BundleError(Exception):
    """A bundle cannot be written, or is not what its manifest says; the message names the file or the row."""
