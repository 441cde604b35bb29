"""Model runs in the native API."""
