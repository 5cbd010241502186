"""Several algorithms compared, and tuned, on the rows that may shape a model: which of them is to be trained."""
