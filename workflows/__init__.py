"""Argo Workflows, authored with Hera."""
