"""One contestant a module, one vendor each; a module whose vendor is not installed fails to import."""
