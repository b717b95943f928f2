"""How Sphinx builds the site: `make docs`. The pages of docs/ and proofs/ are its sources, where they stand."""

import sys
from pathlib import Path

from exactcnn import __version__

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "exactcnn"
author = "The exactcnn developers"
copyright = author  # noqa: A001  # the name that Sphinx reads
release = __version__
language = "en"

root_doc = "docs/index"
include_patterns = ["docs/**.md", "docs/notebooks/*.ipynb", "proofs/**.md"]
extensions = [
    "myst_nb",  # the Markdown of myst_parser, and notebooks
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",  # the source of every name, as a page
    "numpydoc",
    "api",
    "examples",
    "mathml",
    "pictures",
    "question_tables",
    "statement_pages",
    "statement_links",
]

myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # they are stored as executed, and the tests run them
autodoc_typehints = "none"  # the types stand in the docstrings
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
default_role = "code"
suppress_warnings = ["ref.citation"]  # references at the end of a docstring are read, not cited

html_math_renderer = "mathml"
html_theme = "furo"
html_title = "exactcnn"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
pygments_style = "default"
