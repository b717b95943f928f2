"""Certificates: an instance and the claims about it, as canonical JSON that the independent checker verifies."""
