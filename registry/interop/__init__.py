"""Contracts of other systems, each on addresses of its own, for their clients."""
