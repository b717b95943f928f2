"""Tables of answers: every case once, on the terminal and as HTML."""

import io

from rich.console import Console

from exactcnn.display import Markup
from exactcnn.report.questions import arranged, question_markup, question_table
from exactcnn.searches.answers import Answers
from exactcnn.searches.questions import Question

CASES = [{"N": N, "biases": biases, "width": n} for N in (2, 3) for biases in ("none", "<all>") for n in range(1, N)]
TOY = Question("toy", "Is it?", "FOUND.it", lambda: CASES, None, across="width")


def answers(across="width"):
    lines = []
    for number, case in enumerate(CASES):
        outcome = ("possible", "impossible", "open")[number % 3]
        line = {"case": case, "outcome": outcome, "reason": f"a < {number}", "trials": 10**number, "checked": None}
        lines.append(line | {"proof": "NH18.T4.5" if outcome == "impossible" else "", "certificate": None})
    return Answers(Question("toy", "Is it?", "FOUND.it", lambda: CASES, None, across=across), tuple(lines))


def shown(renderable, width=160):
    console = Console(file=io.StringIO(), width=width)
    console.print(renderable)
    return " ".join(console.file.getvalue().split())


def test_columns_across():
    heads, columns, rows = arranged(answers())
    assert (heads, columns) == (("N", "biases"), ("width 1", "width 2"))
    assert [names for names, _ in rows] == [("2", "none"), ("2", "<all>"), ("3", "none"), ("3", "<all>")]
    assert [[None if line is None else line["case"] for line in lines] for _, lines in rows] == [
        [CASES[0], None],
        [CASES[1], None],
        [CASES[2], CASES[3]],
        [CASES[4], CASES[5]],
    ]
    text = shown(question_table(answers()))
    assert text.startswith("Is it? (FOUND.it) N biases")
    assert "3 none open: tried 100 possible" in text
    assert "toy: 2 possible, 2 impossible, 2 open" in text


def test_no_word_is_cut_on_a_narrow_terminal():
    wide, narrow = (set(shown(question_table(answers()), width).split()) for width in (160, 24))
    assert {"possible", "impossible:", "NH18.T4.5"} <= {word.rstrip(";") for word in narrow}
    assert {"(FOUND.it)", "tried", "<all>"} <= wide & {word.rstrip(";") for word in narrow}


def test_a_line_for_each_case():
    text = shown(question_table(answers("")))
    assert "N biases width outcome reason" in text
    assert "2 <all> 1 impossible: NH18.T4.5 a < 1" in text
    page = question_markup(answers(""))
    assert page.count("<tr>") == 1 + len(CASES)
    assert page.count("a &lt; 1") == 2  # in the title, and in its own column


def test_html_links_proofs_and_escapes():
    page = question_markup(answers(), lambda name: Markup(f"<a>{name}!</a>"))
    assert page.count("<a>NH18.T4.5!</a>") == 2
    assert "&lt;all&gt;" in page
    assert "<all>" not in page
    assert page.count('data-outcome="open"') == 2


def test_no_case():
    nothing = Answers(Question("toy", "Is it?", "FOUND.it", list, None), ())
    assert "toy: 0 possible, 0 impossible, 0 open" in shown(question_table(nothing))
    assert question_markup(nothing).startswith("<table")
