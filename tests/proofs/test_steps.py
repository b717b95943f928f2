"""Steps of pages: all of them, in order, and each check where a page names it."""

import re
from dataclasses import replace

import pytest

from exactcnn.proofs.registry import select, statements
from exactcnn.proofs.steps import Step, steps_of

ALL = [each for each in statements() if each.kind != "piece"]


@pytest.mark.parametrize("statement", ALL, ids=lambda each: each.id)
def test_every_page_has_its_steps(statement):
    steps = steps_of(statement)
    text = statement.page.read_text(encoding="utf-8")
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert len(steps) == len(re.findall(r"^\d+\. ", text, flags=re.MULTILINE)) > 0
    for step in steps:
        assert "\n" not in step.text
        assert ">>>" not in step.text
        assert "```" not in step.text
        assert set(step.checks) <= {*statement.checks, *statement.counterexamples}


def page(folder, body):
    (statement,) = select(["NH18.L2.5"], ALL)
    path = folder / "page.md"
    path.write_text("---\nid: x\n---\n\n" + body, encoding="utf-8")
    return replace(statement, page=path, checks=("a.one", "a.two"), counterexamples=("b.three",))


def test_what_belongs_to_a_step(tmp_path):
    found = steps_of(
        page(
            tmp_path,
            "**Statement.** 3. is no step.\n\n"
            "1. *First*, with $a * b * c$\n   on **two** lines. Check `a.two`.\n2. Second,\n\n"
            "   a second paragraph. Check `b.three` and `c.unknown`.\n\n"
            "Check `a.one` outside.\n\n```python\n1. no step\n```\n",
        )
    )
    assert found == (
        Step(1, "First, with $a * b * c$ on two lines. Check a.two.", ("a.two",)),
        Step(2, "Second, a second paragraph. Check b.three and c.unknown.", ("b.three",)),
    )
    assert found[0].document()["checks"] == ["a.two"]


def test_pages_without_steps(tmp_path):
    assert steps_of(page(tmp_path, "Nothing here.\n")) == ()
    (piece,) = select(["gallery.kink"], statements())
    assert steps_of(piece) == ()


@pytest.mark.parametrize(
    ("said", "steps"),
    [
        ("steps 2 and 3: the identities", [2, 3]),
        ("Assumption 4.1, and steps 1 to 3, exactly", [1, 2, 3]),
        ("the cases of steps 1, 3 and 4", [1, 3, 4]),
        ("the path of step 2 or 3", [2, 3]),
        ("all of it. So step 2 says nothing", []),
        ("by step 2 of Lemma 3.5", []),
        ("see [step 2](x.md)", []),
        ("without a sample the point of step 2 is a saddle", []),
        ("12 steps, and row 3", []),
    ],
)
def test_steps_that_are_named_beside_a_check(tmp_path, said, steps):
    body = "1. A.\n2. B.\n3. C.\n4. D.\n\nChecks\n`a.one` and `b.three`: " + said + "; **an instance**.\n\nStep 4.\n"
    found = steps_of(page(tmp_path, body))
    assert [step.number for step in found if step.checks] == steps
    assert all(step.checks in ((), ("a.one", "b.three")) for step in found)


def test_pages_name_the_steps_of_a_check():
    (above,) = select(["NH18.G.convolutional"], ALL)
    assert [step.checks for step in steps_of(above)[1:3]] == [("gaps_convolutional.three_samples",)] * 2
