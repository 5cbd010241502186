"""A world of households, cash flows and cash advances. It knows nothing of the features that will judge it."""
