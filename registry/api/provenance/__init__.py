"""What made what: lineage and impact, and W3C PROV, out and in."""
