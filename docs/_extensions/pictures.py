"""The directive `{picture}`: its Python runs while the site is built, and its last line, an SVG picture, is shown."""

import ast
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Picture(SphinxDirective):
    """A picture with its caption, and the code that draws it."""

    has_content = True
    option_spec: ClassVar = {"caption": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Draw; an error in the code stops the build with the line of the directive."""
        code = "\n".join(self.content)
        try:
            picture = drawn(code)
        except Exception as error:
            raise self.severe(f"picture: {type(error).__name__}: {error}") from error
        figure = nodes.figure(classes=["picture"])
        figure += nodes.raw("", f'<div class="scroll">{picture}</div>', format="html")
        caption, messages = self.parse_inline(self.options.get("caption", ""))
        figure += nodes.caption("", "", *caption)
        source = nodes.container(classes=["picture-source"])
        source += nodes.literal_block(code, code, language="python")
        return [
            figure,
            nodes.raw("", "<details><summary>The code of this picture</summary>", format="html"),
            source,
            nodes.raw("", "</details>", format="html"),
            *messages,
        ]


def drawn(code: str) -> str:
    """Run code and return the SVG that its last expression gives.

    >>> drawn("x = '<svg/>'; x")
    '<svg/>'
    """
    tree = ast.parse(code)
    last = tree.body.pop()
    if not isinstance(last, ast.Expr):
        raise TypeError("the last line is no expression; expected the picture")
    names: dict[str, object] = {}
    exec(compile(tree, "<picture>", "exec"), names)
    picture = eval(compile(ast.Expression(last.value), "<picture>", "eval"), names)
    if not isinstance(picture, str) or not picture.startswith("<svg"):
        raise TypeError(f"the last line gives {type(picture).__name__}; expected SVG")
    return picture


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": True}
