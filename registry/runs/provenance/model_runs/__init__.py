"""Model runs in documents: described with code runs, defined in full, imported."""
