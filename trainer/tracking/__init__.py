"""Experiment tracking: what a training tells, and MLflow as who is told."""
