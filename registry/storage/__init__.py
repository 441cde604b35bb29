"""Stored files: the stores that hold the bytes, and the model of a stored file."""
