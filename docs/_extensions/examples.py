"""Examples end with an empty line, which doctest needs; readers do not."""

from docutils import nodes
from sphinx.application import Sphinx


def trim(_app: Sphinx, doctree: nodes.document) -> None:
    """Drop empty lines at the end of every block of code."""
    for block in doctree.findall(nodes.literal_block):
        text = block.astext().rstrip()
        block.rawsource = text
        block.children = [nodes.Text(text)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the step."""
    app.connect("doctree-read", trim)
    return {"parallel_read_safe": True}
