"""Pages are run by `test_pages.py`, which knows their front matter, not as plain doctest files."""

collect_ignore_glob = ["*/*.md"]
