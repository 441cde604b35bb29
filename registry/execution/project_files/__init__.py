"""Project files: which actions a repository offers, and what each needs and writes."""
