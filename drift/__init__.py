"""Live and reference distributions in, findings out."""
