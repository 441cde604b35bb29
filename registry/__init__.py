"""The research registry: what was made from what, how, when and by whom."""

__version__ = "1.0.0"
