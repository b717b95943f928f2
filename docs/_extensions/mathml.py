"""Formulas become MathML while the site is built, so that a page needs neither a script nor a network."""

import re
from html import escape
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging

from exactcnn.display import Markup

logger = logging.getLogger(__name__)
ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|split|gathered|align|gather)\}")
# TeX takes the next character where no brace follows; Chromium knows letters of other alphabets, not `mathvariant`
BARE = re.compile(r"\\(math(?:bb|bf|cal|frak|it|rm|sf))(?:\s+(?=[A-Za-z])|\s*(?=\d))(\w)")
# a large bracket is as high as its row only if it stands in the row itself, not as the base of an index
INDEXED = re.compile(r"(\\(?:[bB]ig{1,2}r|right)\s*(?:\\[A-Za-z]+|\\[|}]|[)\]|.]))\s*(?=[_^])")
TAG = re.compile(r"\\tag\{([^}]*)\}")
ATOM = re.compile(r"<m([ino])([^>]*)>([^<]*)</m\1>")
OVERLAID = re.compile(r"<mpadded[^>]*><mtext>&#x029F8;</mtext></mpadded><mi>([^<]*)</mi>")  # what \not gives
CLOSING = "&#x00029;|&#x0005D;|&#x0007D;|&#x0007C;|&#x02016;|&#x0203[234];"  # after them a minus has two sides
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
    return ATOM.sub(spaced, OVERLAID.sub(r"<mo>\1&#x00338;</mo>", result))


def spaced(atom: re.Match[str]) -> str:
    """Space a sign as TeX does, by its neighbours; MathML looks only for the place in the row.

    >>> row = "<mo>=</mo><mo>&#x02212;</mo><mi>p</mi><mi>log</mi><mi>x</mi>"
    >>> ATOM.sub(spaced, row)
    '<mo>=</mo><mo form="prefix">&#x02212;</mo><mi>p</mi><mo lspace="0.17em" rspace="0.17em">log</mo><mi>x</mi>'
    """
    _, attributes, sign = atom.groups()
    before, after = atom.string[: atom.start()], atom.string[atom.end() :]
    if sign in ("&#x02032;", "&#x02033;", "&#x02034;"):
        return f'<mo class="prime">{sign}</mo>'
    if sign == "&#x027C2;":  # perpendicular: a relation
        return f"<mo>{sign}</mo>"
    if sign in ("&#x02212;", "&#x0002B;", "&#x000B1;"):  # minus, plus and both
        alone = re.search(rf"(?:<\w+[^/>]*>|<mo[^>]*>(?!{CLOSING})[^<]*</mo>)$", before)
        return f'<mo form="prefix">{sign}</mo>' if alone else f"<mo>{sign}</mo>"
    if sign in ("&#x0007C;", "&#x02016;", "&#x0002F;") and "form" not in attributes:  # bars and the solidus
        return f'<mo stretchy="false" lspace="0" rspace="0">{sign}</mo>'
    if atom[1] != "n" and re.fullmatch(r"[a-z]{2,}", sign):  # the name of a function
        left = "0.17em" if re.search(r"</m(?!o>)\w+>$", before) else "0"
        right = "0" if re.match(r"<mo|</|$", after) else "0.17em"
        return f'<mo lspace="{left}" rspace="{right}">{sign}</mo>'
    return atom[0]


def with_formulas(text: str) -> Markup:
    r"""Text with its formulas, as HTML.

    >>> with_formulas(r"A & B, $x$")[:14], "<mi>x</mi>" in with_formulas(r"A & B, $x$")
    ('A &amp; B, <ma', True)
    """
    parts = re.split(r"\$([^$]*)\$", text)
    return Markup("".join(mathml(part) if number % 2 else escape(part) for number, part in enumerate(parts)))


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
