"""People: their accounts, roles and the one API token each may have."""
