"""Formulas in plain text: examples, and every formula of every page becomes signs, none of LaTeX."""

import re

import pytest

from exactcnn.proofs.registry import statements
from exactcnn.proofs.steps import steps_of
from exactcnn.report import plain_formulas
from exactcnn.report.plain_formulas import readable

TEXTS = [
    (page.id, text)
    for page in statements()
    for text in (page.title, *page.hypotheses, *(page.reading or ()), *(step.text for step in steps_of(page)))
]


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"F_k", "F_k"),
        (r"U_{l+1}^{-1}x^2 + U_l^Tv^{10}", "U_(l+1)⁻¹x² + U_lᵀv¹⁰"),
        (r"e^{\alpha t}, x^p, x^{n-1}", "e^(αt), x^p, x^(n-1)"),
        (r"\sigma = 0, \lambda w, \sigma_{\min}(F)", "σ = 0, λw, σ_min(F)"),
        (r"\frac12 x, \frac{a}{b}x, -\frac ab, \frac{2}{3k}", "½ x, (a/b) x, -a/b, 2/(3k)"),
        (r"p\log\frac{p}{1-p}", "p log(p/(1-p))"),
        (r"\operatorname{rank} F_k \le \min(n_k, N)", "rank F_k ≤ min(n_k, N)"),
        (r"\sum_{i=1}^n f'_i\,\hat y", "Σ_(i=1)^n f′_i ŷ"),
        (r"\begin{pmatrix}1&-1\\ s&\frac12\end{pmatrix}", "(1, -1; s, ½)"),
        (r"\bigl(P - 1\bigr)_+ \in \{0, \mathbf 1\}", "(P - 1)_+ ∈ {0, 𝟏}"),
        (r"\|r\|^2 \not\perp \langle \mathbb R^m, \bar D\rangle", "‖r‖² ⊥̸ ⟨ℝ^m, D̄⟩"),
        (r"\binom{d + D}{D}", "binom(d + D, D)"),
    ],
)
def test_examples(latex, plain):
    assert readable(f"${latex}$") == plain
    assert readable(f"a $${latex}$$ b") == f"a {plain} b"


def test_text_beside_formulas_is_left():
    assert readable(r"5 \le 6, x_1; $x \le 1$, and _so_") == r"5 \le 6, x_1; x ≤ 1, and _so_"


def test_every_formula_of_the_pages_becomes_signs():
    assert len(TEXTS) > 500
    for name, text in TEXTS:
        shown = readable(text)
        assert "$" not in shown, name
        assert "\\" not in shown, (name, shown)
        assert shown.count("(") - shown.count(")") == text.count("(") - text.count(")"), (name, shown)


def test_every_command_of_the_pages_is_known():
    known = {*plain_formulas.SPACED, *plain_formulas.SIGNS, *plain_formulas.BLANKS, *plain_formulas.BRACKETS}
    known |= {*plain_formulas.ACCENTS, *plain_formulas.ALPHABETS, *plain_formulas.WORDS, "not", "binom", "begin", "end"}
    known |= {name.lstrip("\\") for name in plain_formulas.FRACTIONS} | {"\\"}
    formulas = "".join(formula for _, text in TEXTS for formula in re.findall(r"\$[^$]*\$", text))
    assert {name or sign for name, sign in re.findall(r"\\(?:([A-Za-z]+)|(.))", formulas)} <= known
