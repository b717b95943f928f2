"""Formulas of pages in plain text: LaTeX becomes signs that a terminal has, indices as they are said, n_(k-1).

What the pages use and no more: letters and relations, indices and powers, fractions, matrices, accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator


def _table(text: str) -> dict[str, str]:
    """Words and what each stands for, in turn."""
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


# relations and arrows, with a blank on either side
SPACED = _table("ge ≥ le ≤ ne ≠ in ∈ notin ∉ perp ⊥ propto ∝ to → cdot · times × circ ∘ ast ∗ cap ∩")
BLANKS = (",", ";", " ", "quad", "qquad")
BRACKETS = ("bigl", "bigr", "Bigl", "Bigr", "left", "right")  # sizes
SIGNS = _table(
    "alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ kappa κ lambda λ mu μ rho ρ sigma σ "
    "tau τ phi φ varphi φ psi ψ omega ω ell ℓ Gamma Γ Delta Δ Theta Θ Lambda Λ Phi Φ Omega Ω nabla ∇ partial ∂ "
    "infty ∞ pm ± mp ∓ langle ⟨ rangle ⟩ lVert ‖ rVert ‖ | ‖ lceil ⌈ rceil ⌉ { { } } & & dots … cdots ⋯ "
    "sum Σ prod Π min min max max inf inf ln ln log log sinh sinh cosh cosh tanh tanh"
)
NAMES = ("sum", "prod", "min", "max", "inf", "ln", "log", "sinh", "cosh", "tanh")  # a blank between these and the next
CLOSING = ("rangle", "rVert", "rceil", "}", "bigr", "Bigr", "right", "pm", "mp", "\\", "end", "cdots", "dots")
ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}
ALPHABETS = {"mathbb": dict(zip("CNQRZ", "ℂℕℚℝℤ", strict=True)), "mathbf": {"1": "𝟏"}}
FRACTIONS = ("\\frac", "\\tfrac")
WORDS = ("operatorname", "mathrm", "text")
RAISED = dict(zip("0123456789+-T", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀ", strict=True))
HALVES = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/8": "⅛", "3/8": "⅜"}
TOKEN = re.compile(r"\\([A-Za-z]+)(?:\s+(?![=<>+/-]))?|\\(.)|(\s+)|('+)|(.)", re.DOTALL)
PRODUCT = re.compile(r"[\w.…]*|\W")  # stands as an index, or above a fraction line, without brackets
FACTOR = re.compile(r"\d+|[^\W\d][\u0302-\u0304]?(_\w+)?|[(][^()]*[)]|\W")  # also as a power, or below the line


def readable(text: str) -> str:
    r"""Write the formulas of a text, ``$...$`` and ``$$...$$``, in signs.

    Examples
    --------
    >>> readable(r"For $n_k \ge N$ the $s_i^p = \langle w, f_{k-1}^p(x_i)\rangle$ differ.")
    'For n_k ≥ N the s_i^p = ⟨w, f_(k-1)^p(x_i)⟩ differ.'
    >>> readable(r"$\Phi = \frac12\|\hat Y - Y\|^2 < \frac{a + 1}{b}$")
    'Φ = ½‖Ŷ - Y‖² < (a + 1)/b'
    """
    return re.sub(r"\$\$(.*?)\$\$|\$(.*?)\$", lambda found: _plain(found[1] or found[2]), text, flags=re.DOTALL)


def _plain(latex: str) -> str:
    tokens = list(_tokens(latex))[::-1]
    parts = []
    while tokens:
        parts.append(_part(tokens))
    spaced = re.sub(r"(?<=[(\[⟨{]) +| +(?=[,)\]⟩⌉])| +(?= )", "", "".join(parts)).strip()
    return unicodedata.normalize("NFC", spaced)


def _tokens(latex: str) -> Iterator[str]:
    """Commands with their backslash, without the blanks that end them; primes; single signs."""
    for name, sign, blank, primes, other in (found.groups() for found in TOKEN.finditer(latex)):
        yield f"\\{name or sign}" if name or sign else " " if blank else "′" * len(primes) if primes else other


def _part(tokens: list[str]) -> str:
    """The next sign or group, with its indices and powers."""
    token = tokens.pop()
    if token == "\\begin":
        return _matrix(tokens)
    base = _group(tokens) if token == "{" else _command(token[1:], tokens) if token[0] == "\\" else token
    indexed = base
    while tokens and tokens[-1] in "_^":
        place, raised = tokens.pop(), _argument(tokens)
        if place == "^" and set(raised) <= RAISED.keys():
            indexed += "".join(map(RAISED.__getitem__, raised))
        else:
            indexed += place + _bracketed(raised, PRODUCT if place == "_" else FACTOR)
    named = token[0] == "\\" and token[1:] in (*NAMES, *WORDS)
    if named and tokens and tokens[-1] in FRACTIONS:  # of the whole fraction
        return f" {indexed}({_part(tokens).strip()})"
    return f" {indexed}{'' if tokens and tokens[-1] == '(' else ' '}" if named else indexed


def _command(name: str, tokens: list[str]) -> str:
    if name in SPACED:
        return f" {SPACED[name]} "
    if name in ACCENTS:
        letter = _argument(tokens)
        return letter[:1] + ACCENTS[name] + letter[1:]
    if name in ALPHABETS:
        return "".join(ALPHABETS[name].get(letter, letter) for letter in _argument(tokens))
    if name in WORDS:
        return _argument(tokens)
    if f"\\{name}" in FRACTIONS:
        quotient = "/".join(_bracketed(_argument(tokens), shape) for shape in (PRODUCT, FACTOR))
        return HALVES.get(quotient, f"({quotient}) " if _is_factor(tokens) else quotient)
    if name == "binom":
        return f"binom({_argument(tokens)}, {_argument(tokens)})"
    if name == "not":
        return f" {_argument(tokens).strip()}\u0338 "
    if name in BLANKS or name in BRACKETS:
        return " " if name in BLANKS else ""
    return SIGNS.get(name, name)


def _is_factor(tokens: list[str]) -> bool:
    """Whether what stands before these is multiplied by the next."""
    following = next((token for token in reversed(tokens) if token != " "), "+")
    if following[0] == "\\":
        return following[1:] not in (*SPACED, *CLOSING, *BLANKS)
    return following.isalnum() or following in "({["


def _argument(tokens: list[str]) -> str:
    """A group, or the next sign."""
    while tokens[-1] == " ":
        tokens.pop()
    token = tokens.pop()
    if token == "{":
        return _group(tokens).strip()
    return _command(token[1:], tokens).strip() if token[0] == "\\" else token


def _group(tokens: list[str]) -> str:
    parts = []
    while tokens[-1] != "}":
        parts.append(_part(tokens))
    tokens.pop()
    return "".join(parts)


def _matrix(tokens: list[str]) -> str:
    """Rows between semicolons."""
    _argument(tokens)
    parts = []
    while tokens[-1] != "\\end":
        token = tokens[-1]
        parts.append({"&": ", ", "\\\\": "; "}[tokens.pop()] if token in ("&", "\\\\") else _part(tokens))
    tokens.pop()
    _argument(tokens)
    rows = re.sub(r" *([,;]) *", r"\1 ", "".join(parts)).strip()
    return f"({rows})"


def _bracketed(text: str, shape: re.Pattern[str]) -> str:
    return text if shape.fullmatch(text) else f"({text})"
