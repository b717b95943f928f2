"""A point of the loss surface on the terminal: all that is known stands there, at any width, and never as markup."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.report.landscape import MOST_KINKS, critical_table
from exactcnn.theorems.landscape import critical
from exactcnn.theorems.statements import STATEMENTS


def shown(found, *, width=200, coloured=False):
    console = Console(
        file=io.StringIO(), width=width, force_terminal=coloured, color_system="standard" if coloured else None
    )
    console.print(critical_table(found))
    return console.file.getvalue()


def instance(activation, samples, targets, **arrays):
    sizes = (len(arrays["W1"][0]), len(arrays["W2"][0]))
    layers = [FullyConnected(n, activation=a) for n, a in zip(sizes, (activation, "identity"), strict=True)]
    network = Network((1,), layers)
    return Instance(network, Parameters.from_arrays(network, arrays), samples, targets)


@pytest.fixture(scope="module")
def solved():
    """Two units, two samples, zero loss."""
    arrays = {"W1": [[1, 1]], "b1": [0, "-3/2"], "W2": [[1], [1]], "b2": [0]}
    return critical(instance("relu", [[1], [2]], [[1], ["5/2"]], **arrays))


@pytest.fixture(scope="module")
def kinked():
    """The smallest minimum at a kink."""
    samples, targets = [[-4], [-3], [-2], [-1], [3]], [[1], [3], [-2], [-2], [3]]
    return critical(instance("relu", samples, targets, W1=[[-1]], b1=[-2], W2=[[1]], b2=[0]))


@pytest.fixture(scope="module")
def generic():
    """A point that is not critical."""
    arrays = {"W1": [[1, -2]], "b1": [1, 5], "W2": [[1], [3]], "b2": [0]}
    return critical(instance("tanh", [[1], [2], [4]], [[1], [0], [1]], **arrays), layer=1)


@pytest.mark.parametrize("width", [50, 80, 200])
@pytest.mark.parametrize("name", ["solved", "kinked", "generic"])
def test_all_that_is_known_is_shown(request, name, width):
    found = request.getfixturevalue(name)
    text = shown(found, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" not in text
    words = "".join(text.split())  # lines may be broken anywhere
    for label, value in found.point.rows():
        assert "".join(label.split()) in words
        assert "".join(value.split()) in words or width == 50
    for member in found.memberships:
        answer = {True: "yes", False: "no", None: "undecided"}[member.holds]
        assert f"inS_{member.layer}{answer}:" in words
    for verdict in found.verdicts:
        assert "".join(f"{STATEMENTS[verdict.statement].short} {verdict.status} here:".split()) in words
    assert "acceptedbytheindependentchecker" in words


def test_the_lines_of_a_global_minimum(solved):
    lines = {line.split("  ")[0]: line for line in shown(solved).splitlines()}
    assert lines["status"].split() == ["status", "global", "minimum"]
    assert lines["loss"].split() == ["loss", "0"]
    assert "yes: rank F_1 = N" in lines["in S_1"]
    assert "at kinks" not in lines
    assert lines["|∇Φ|, float64"].split()[-1] == "0"


def test_kinks_are_named_and_counted(kinked):
    """Neuron, layer and sample of each; the first five where there are many; and no gradient there."""
    text = shown(kinked)
    assert "neuron 0 of layer 1 on sample 2" in text
    assert "more" not in text
    assert "no gradient at a kink" in text
    (kink,) = kinked.point.objective.kinks()
    assert (kink.neuron, kink.layer, kink.sample) == (0, 1, 2)
    for extra in (0, 1, 4):
        count = MOST_KINKS + extra
        arrays = {"W1": [[1] * count], "b1": [-1] * count, "W2": [[1]] * count, "b2": [0]}
        many = critical(instance("relu", [[1], [3]], [[0], [5]], **arrays), check=False)
        line = next(line for line in shown(many, width=240).splitlines() if line.startswith("at kinks"))
        assert line.count("on sample 0") == MOST_KINKS
        assert f"neuron {MOST_KINKS - 1} of layer 1" in line
        assert f"neuron {MOST_KINKS} of layer 1" not in line
        assert line.rstrip().endswith(f", and {extra} more") == bool(extra)


def test_membership_in_words(generic):
    """Yes, no and undecided, each with its reason."""
    (member,) = generic.memberships
    count = member.count
    full, none, between = (replace(member.features, lower=low, upper=high) for low, high in ((3, 3), (2, 2), (2, 3)))
    assert count == 3
    for features, answer in (
        (full, "yes: rank F_1 = N"),
        (none, "no: rank F_1 is 2"),
        (between, "undecided: rank F_1"),
    ):
        text = shown(replace(generic, memberships=(replace(member, features=features),)))
        assert answer in text


def test_colours_are_for_terminals(solved, generic):
    assert "\x1b[32mproved" in shown(solved, coloured=True)
    assert "\x1b[33mundecided" in shown(generic, coloured=True)
    refuted = replace(solved, verdicts=tuple(replace(verdict, status="refuted") for verdict in solved.verdicts))
    assert "\x1b[31mrefuted" in shown(refuted, coloured=True)


def test_texts_are_no_markup(solved):
    odd = "[bold]loud[/bold] [/] [red]"
    point = replace(solved.point, reason=odd)
    verdicts = tuple(replace(verdict, reason=odd) for verdict in solved.verdicts)
    text = shown(replace(solved, point=point, verdicts=verdicts))
    assert text.count(odd) == 1 + len(verdicts)


def test_what_is_not_checked_is_said():
    arrays = {"W1": [[1, 1]], "b1": [0, "-3/2"], "W2": [[1], [1]], "b2": [0]}
    found = critical(instance("relu", [[1], [2]], [[1], ["5/2"]], **arrays), check=False)
    assert "not checked yet: --check, or exactcnn check FILE" in shown(found)
    assert "does not accept the evidence" in shown(replace(found, checked=False))


def test_terms_stand_in_the_table(solved):
    text = shown(critical(solved.point.objective.instance, terms="layer"))
    assert "less layer 1" in text
    assert "leaves" in text
    assert "less layer 1" not in shown(solved)
