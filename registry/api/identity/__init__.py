"""Accounts, groups, role requests and events."""
