"""Certificates as files for the proof assistant Rocq: instance, statement, witness, and a proof by computation."""
