"""Programs that developers run: what is measured, and what a machine needs."""
