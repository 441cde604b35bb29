"""The views of the pages, one module a topic."""
