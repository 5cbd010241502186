"""Names of a bundle's files that more than one module speaks of; importing them costs nothing."""

FOREST = "forest.bin"
"""The Treelite checkpoint."""
REFERENCE = "reference.parquet"
"""The training rows with their scores."""
EVALUATION = "evaluation.json"
"""What the training saw of its rows; a server does without it, and older bundles have none."""
