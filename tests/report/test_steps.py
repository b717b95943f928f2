"""Steps of pages, and checks on the user's own instance, on the terminal."""

import io

from rich.console import Console

from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.proofs.own_instance import run_on
from exactcnn.proofs.registry import run, select, statements
from exactcnn.report.steps import own_text, steps_text


def printed(renderable, width=160):
    page = io.StringIO()
    Console(width=width, file=page).print(renderable)
    return page.getvalue()


def test_steps_with_what_their_checks_found():
    results = [run(each) for each in select(["NH18.L2.5", "NH17.T3.8"], statements())]
    lines = [line.strip() for line in printed(steps_text(results), 5000).splitlines()]
    assert lines[0] == "NH18.L2.5  Full rank for almost all filters  (certified for almost all parameters)"
    assert lines[1] == "- Assumption 2.4 holds for the layer."
    third = next(i for i, line in enumerate(lines) if line.startswith("3. The zeros of a non-zero polynomial"))
    assert lines[third + 1].startswith(
        "structure.almost_all_filters: proved (almost all parameters, accepted by the independent checker): one W_1"
    )
    # a check that no step names stands below all of them
    below = lines.index("For all steps together:")
    assert lines[below + 1].startswith("nondegenerate.regular_block_at_zero_loss: proved (an instance, accepted")


def test_an_instance_refutes_a_conclusion_never_a_theorem():
    network = Network((1,), [FullyConnected(2)], activation="relu")
    (statement,) = select(["NH18.T3.4"], statements())
    found = [run_on(statement, Instance(network, samples=[[0], [1], [3]])), run_on(statement, Instance(network))]
    for text in (printed(own_text(found), 200), printed(steps_text(found), 200)):
        assert "Conclusion of Theorem 3.4: refuted here (" in text
        assert "Theorem 3.4 refuted" not in text
        assert "not run: independence.triangular_minor: it needs samples" in text
    assert "of 6 checks ran on this instance" in printed(own_text(found))
    narrow = printed(own_text(found), 60)
    assert max(map(len, narrow.splitlines())) <= 60
