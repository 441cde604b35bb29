"""The command line of a registry."""
