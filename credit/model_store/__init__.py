"""Where bundles live for good: a folder, or an object store."""
