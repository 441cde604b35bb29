"""Upload the bytes of files."""
