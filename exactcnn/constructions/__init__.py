"""Constructions: parameters with independent features, and output weights that fit labels."""
