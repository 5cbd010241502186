"""The model card: one page about one model, for whoever has to answer for it."""
