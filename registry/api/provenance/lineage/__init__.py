"""Lineage and impact."""
