"""Sweeps: one specification with lists in place of values, and every case of it decided somewhere."""
