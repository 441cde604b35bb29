"""Reading the record: what was made from what, at any depth, and documents about it."""
