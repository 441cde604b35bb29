"""Django's backend for SQLite, with a time limit on the statements of reads."""
