"""Algorithms that fit a model, one a file; each alone imports its library."""
