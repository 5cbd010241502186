"""Algorithms that fit a model, one a file; each alone imports its library. `trainer.algorithm` says what each gives."""
