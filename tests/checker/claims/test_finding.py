"""What evidence may prove, and what it finds: for each kind, against the loss by loops."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx

from exactcnn.checker.claims.critical_points import EVIDENCE, TYPES
from exactcnn.checker.claims.finding import Evidence, Finding
from exactcnn.checker.document import ObligationError
from exactcnn.checker.points import coordinates, theta
from tests.checker.claims import test_loss_mutations
from tests.checker.slow import fraction, read


def examples(make, land):
    """Documents with claims that are accepted; the loss of each in fractions."""
    for document, claim in test_loss_mutations.documents(make, land):
        yield document, claim, test_loss_mutations.value(document)
    lds = land.lds()
    white = land.whitening(land.numeric(lds)[1])
    yield lds, land.critical("minimum", land.box(white, Fraction(1, 2**12)), (0, 1)), Fraction(49, 50)
    entry = {"kind": "entry", "coordinate": 1, "precision": 64}
    linear = land.bottleneck(a=(0, 2))
    yield linear, land.critical("not critical", entry, (0, 9)), test_loss_mutations.value(linear)
    descent = {"kind": "descent", "direction": make.array([0, 1, 0, 0]), "precision": 64}
    ramp = land.ramp(y=(1, 3, 5, -2, 3))
    yield ramp, land.critical("not a minimum", descent, (0, 99)), test_loss_mutations.value(ramp)
    perfect = land.chain(2, 1)
    yield perfect, land.critical("global minimum", {"kind": "zero"}, 0), Fraction(0)
    product = land.with_targets(make, [[1]], [[1]], [land.layer([[0]]), land.layer([[0]])])
    radii, inverse = make.array([Fraction(1, 50)] * 2), make.array([[0, -1], [-1, 0]])
    krawczyk = {"kind": "krawczyk", "slice": [], "precision": 64, "radii": radii, "inverse": inverse}
    krawczyk["congruence"] = make.array([[1, 1], [1, -1]])
    yield product, land.critical("saddle", krawczyk, (0, 1)), Fraction(1, 2)
    layers = [land.layer([[0]], [1], "softsign"), land.layer([[0]], [1])]
    constant = land.with_targets(make, [[0], [1]], [[0], [2]], layers)
    line = {"kind": "equal-outputs", "by": "rational", "combination": make.array([1]), "output": 0}
    line |= {"coordinate": 0, "precision": 64}
    yield constant, land.critical("not a minimum", line, (0, 9)), Fraction(1)
    twice = land.with_targets(make, [[1], [1]], [[0], [2]], [land.layer([[1]])])
    yield twice, land.critical("global minimum", {"kind": "mean-targets"}, 1), Fraction(1)
    one = land.chain(1, 1)
    box = {"kind": "zero-box", "precision": 64, "columns": [0], "radii": make.array([1]), "inverse": make.array([[1]])}
    yield one, land.critical("global minimum", box, 0), Fraction(0)


def test_what_is_found(make, land):
    """The interval has the loss; an index counts all parameters; a box, where there is one, has the point in it."""
    seen = {}
    for document, claim, loss in examples(make, land):
        instance, kind = read(document), claim["evidence"]["kind"]
        proof = EVIDENCE[kind](instance, claim["evidence"])
        found = proof.verify(instance, claim["type"])
        low, high = map(fraction, found.loss)
        assert low <= loss <= high
        assert high - low < (Fraction(1, 10**9) if kind != "krawczyk" else Fraction(1, 100))  # of the whole box
        count = coordinates(instance.layers).count
        if found.index is not None:
            assert sum(found.index) == count
            values = np.linalg.eigvalsh(land.numeric(document)[1]) if kind != "kinks" else None
            if values is not None:
                signs = (values > 1e-9).sum(), (values < -1e-9).sum(), (abs(values) <= 1e-9).sum()
                assert tuple(found.index) == signs
        assert not found.strict or found.index is None or found.index == [count, 0, 0]
        if found.box is not None:
            assert len(found.box) == count
            with ctx.workprec(1000):
                assert all(ball.contains(arb(x)) for ball, x in zip(found.box, theta(instance), strict=True))
        seen[kind] = proof
    elsewhere = {"constant-units", "duplicated-units"}  # in test_units
    assert set(seen) == set(EVIDENCE) - elsewhere
    for kind, proof in seen.items():
        assert set(proof.types) <= set(TYPES)
        assert proof.types
        assert proof.on_a_box == (kind in ("box", "krawczyk", "zero-box"))


def test_types_are_those_that_are_proved(make, land, run):
    """A type that is not among those of the evidence is a fault of the document, not an obligation."""
    for document, claim, _ in examples(make, land):
        proof = EVIDENCE[claim["evidence"]["kind"]](read(document), claim["evidence"])
        bare = {**claim, "strict": False, "index": None, "loss": ["-1", "1000"]}
        for kind in TYPES:
            outcome = run(document, {**bare, "type": kind})
            assert (outcome.exit_code == 2) == (kind not in proof.types), (kind, outcome.message)
        assert run(document, {**bare, "type": claim["type"]}).exit_code == 0


def test_nothing_is_known_but_for_what_is_said():
    found = Finding((0, 1))
    assert (found.index, found.strict, found.box) == (None, False, None)
    assert not Evidence(("minimum",), lambda *_: found).on_a_box
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.strict = True


def test_a_failed_proof_finds_nothing(make, land):
    document = land.lds(v=Fraction(19, 100))
    claim = land.on_slice(land.lds(), [0, 1])
    with pytest.raises(ObligationError, match="is not 0"):
        EVIDENCE["hessian"](read(document), claim).verify(read(document), "minimum")
