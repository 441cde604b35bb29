"""Lineage and impact in the API."""
