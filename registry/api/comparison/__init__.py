"""Comparisons of code runs."""
