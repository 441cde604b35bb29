"""Search for records by name."""
