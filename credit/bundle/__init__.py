"""The model bundle: one directory that holds a model, its explanation, its reference and its proof."""
