"""RO-Crates in the API, out and in, and data extractions."""
