"""Whose records they are: withdrawals, co-owners, members of namespaces."""
