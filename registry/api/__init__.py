"""The native API: one viewset for all record types, which reads their declarations."""
