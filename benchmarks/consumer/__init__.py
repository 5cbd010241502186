"""Parts of the acceptance of consumer credit."""
