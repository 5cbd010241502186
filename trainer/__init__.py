"""Rows in, model bundle out."""
