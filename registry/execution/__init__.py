"""Ask for runs, have them done elsewhere, and find them in the record."""
