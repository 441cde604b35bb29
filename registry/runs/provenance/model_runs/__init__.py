"""Model runs in documents: told beside their code runs, defined in full, imported."""
