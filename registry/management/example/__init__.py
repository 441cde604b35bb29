"""The example content of a registry: a real outbreak, from the paper to the figure."""
