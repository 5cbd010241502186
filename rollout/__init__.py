"""A promotion decision in, traffic moved."""
