"""Migrations of the newcomer's application."""
