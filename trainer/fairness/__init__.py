"""Outcomes by group of the protected columns: a screen that says where to look, and no legal finding."""
