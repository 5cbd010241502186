"""Argo Workflows, authored with Hera and rendered into the chart: only this room imports Hera."""
