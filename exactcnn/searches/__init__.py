"""Searches: all small structures and samples, for which a conclusion fails."""
