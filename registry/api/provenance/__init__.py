"""What made what: lineage and impact, W3C PROV and RO-Crates."""
