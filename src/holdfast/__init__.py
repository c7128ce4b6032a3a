"""Holdfast: notice who is leaving therapy without a word, and see where a practice loses people."""

__version__ = "0.1.0"
