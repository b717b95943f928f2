"""Formulas become MathML while the site is built, so that a page needs neither a script nor a network."""

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|split|gathered|align|gather)\}")
# TeX takes the next character where no brace follows; Chromium knows letters of other alphabets, not `mathvariant`
BARE = re.compile(r"\\(math(?:bb|bf|cal|frak|it|rm|sf))(?:\s+(?=[A-Za-z])|\s*(?=\d))(\w)")
# a large bracket is as high as its row only if it stands in the row itself, not as the base of an index
INDEXED = re.compile(r"(\\(?:[bB]ig{1,2}r|right)\s*(?:\\[A-Za-z]+|\\[|}]|[)\]|.]))\s*(?=[_^])")
TAG = re.compile(r"\\tag\{([^}]*)\}")
LEFT_OVER = re.compile(r"\\\w+|mathvariant=\"(?:double-struck|script|fraktur)\"|>&(?:amp;|#x0*26;)?<")


def mathml(latex: str, *, display: bool = False) -> str:
    r"""Convert a formula; ValueError for what would come out as raw LaTeX.

    >>> mathml("x^2")[-53:]
    '<mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>'
    >>> mathml(r"2 \unknown")
    Traceback (most recent call last):
    ...
    ValueError: 2 \unknown: \unknown is not understood
    """
    try:
        plain = INDEXED.sub(r"\1{}", BARE.sub(r"\\\1{\2}", ALIGNED.sub(r"\\\1{align*}", latex)))
        plain = TAG.sub(r"\\qquad\\text{(\1)}", plain)
        result = convert(plain, display="block" if display else "inline")
    except Exception as error:  # the converter's errors have no base of their own
        raise ValueError(f"{latex}: {type(error).__name__}") from error
    left = LEFT_OVER.search(result)
    if left:
        raise ValueError(f"{latex}: {left[0]} is not understood")
    return result


def inline(translator: Any, node: nodes.Element) -> None:
    """Write a formula of the text."""
    _write(translator, node, display=False)


def block(translator: Any, node: nodes.Element) -> None:
    """Write a formula in a line of its own."""
    _write(translator, node, display=True)


def _write(translator: Any, node: nodes.Element, *, display: bool) -> None:
    try:
        formula = mathml(node.astext(), display=display)
    except ValueError as error:
        logger.warning("formula %s", error, location=node)
        raise nodes.SkipNode from None
    translator.body.append(f'<div class="formula">{formula}</div>' if display else formula)
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer; `html_math_renderer = "mathml"` chooses it."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
