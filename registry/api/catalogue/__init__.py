"""The resources of the catalogue."""
