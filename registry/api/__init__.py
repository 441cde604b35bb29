"""The native API: one short viewset a record type, on a base that does the work."""
