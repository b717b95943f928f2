"""Verdicts and numbers made visible."""
