"""Uploading the bytes of files."""
