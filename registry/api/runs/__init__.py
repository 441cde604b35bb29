"""The resources of runs."""
