"""W3C PROV in the API: reports, and documents that come in."""
