"""Provenance in the API: lineage, PROV, RO-Crates."""
