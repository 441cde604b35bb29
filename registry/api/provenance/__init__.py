"""What made what: PROV documents, out and in."""
