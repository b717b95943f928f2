"""Certified ranks: elimination over GF(p), exact relations, balls."""
