"""What made what: lineage, PROV documents and RO-Crates."""
