"""Terms of blocks, against Gram-Schmidt on fractions, column by column; planted critical points."""

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import exact_array
from exactcnn.errors import InputError
from exactcnn.gallery.registry import select
from exactcnn.landscape.block_terms import block_terms, least_squares
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def gram_schmidt(jacobian, targets, blocks):
    """Half the squared norms that are left, each column made orthogonal to all before it."""
    rest, basis, left = list(targets), [], []
    left.append(sum(y * y for y in rest) / 2)
    for block in blocks:
        for column in block:
            vector = [row[column] for row in jacobian]
            for other in basis:
                factor = sum(a * b for a, b in zip(vector, other, strict=True)) / sum(b * b for b in other)
                vector = [a - factor * b for a, b in zip(vector, other, strict=True)]
            if any(vector):
                basis.append(vector)
                factor = sum(a * b for a, b in zip(rest, vector, strict=True)) / sum(b * b for b in vector)
                rest = [a - factor * b for a, b in zip(rest, vector, strict=True)]
        left.append(sum(y * y for y in rest) / 2)
    return left


def drawn(seed, layers, inputs, outputs, *, denominator=3, count=5):
    generator = random.Random(seed)

    def number():
        return Fraction(generator.randrange(-9, 10), denominator)

    network = Network(inputs, layers)
    arrays = {}
    for layer in network.resolved:
        for name, shape in layer.parameter_shapes.items():
            flat = [str(number()) for _ in range(int(np.prod(shape)))]
            arrays[f"{name}{layer.number}"] = np.array(flat, dtype=object).reshape(shape)
    width = network.widths[0]
    samples = [[number() + Fraction(1, 7) for _ in range(width)] for _ in range(count)]
    targets = [[number() for _ in range(outputs)] for _ in range(count)]
    return Instance(network, Parameters.from_arrays(network, arrays), samples, targets)


NETWORKS = {
    "relu": ([FullyConnected(3, activation="relu"), FullyConnected(1, activation="identity")], (2,), 1, 5),
    "two outputs": (
        [FullyConnected(2, activation="leaky-relu(1/2)"), FullyConnected(2, activation="identity")],
        (2,),
        2,
        11,
    ),
    "deep": (
        [
            *[FullyConnected(2, activation=a) for a in ("relu", "softsign")],
            FullyConnected(1, activation="identity", bias="none"),
        ],
        (2,),
        1,
        7,
    ),
    "shared": (
        [
            Convolution(2, 2, activation="square", bias="filter"),
            MaxPooling(2),
            FullyConnected(1, activation="identity"),
        ],
        (1, 5),
        1,
        5,
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("blocks", ["layer", "unit", "shuffled"])
def test_against_gram_schmidt(name, blocks):
    layers, inputs, outputs, denominator = NETWORKS[name]
    found = 0
    for seed in range(4):
        objective = Objective(drawn(seed, layers, inputs, outputs, denominator=denominator))
        chosen = blocks
        if blocks == "shuffled":
            places = list(range(objective.coordinates.count))
            random.Random(seed).shuffle(places)
            chosen = [places[:1], places[1:4], places[4:]]
        terms = block_terms(objective, chosen, check=True)
        assert terms.checked is True, terms.rejection
        jacobian = objective.jacobian().fractions().tolist()
        targets = objective.instance.targets.fractions().ravel().tolist()
        left = gram_schmidt(jacobian, targets, terms.claim.blocks)
        assert list(terms.claim.left) == left
        assert sum(terms.terms) == left[0] - left[-1]
        assert all(term >= 0 for term in terms.terms)
        assert terms.loss == objective.loss() >= terms.left
        assert not terms.identity
        assert "not critical" in terms.reason
        found += len({term for term in terms.terms if term})
    assert found >= 4


def test_names():
    objective = Objective(drawn(1, NETWORKS["shared"][0], (1, 5), 1))
    assert block_terms(objective, check=False).names == ("layer 1", "layer 3")
    assert block_terms(objective, "unit", check=False).names == tuple(
        f"unit {unit} of layer {number}" for number, unit in ((1, 0), (1, 1), (3, 0))
    )
    assert block_terms(objective, [range(objective.coordinates.count)], check=False).names == ("block 0",)


@pytest.mark.parametrize("seed", range(3))
def test_planted_critical_points(seed):
    """Each sample twice, with targets on either side of the output: the residual is orthogonal to everything."""
    instance = drawn(seed, NETWORKS["deep"][0], (2,), 1, count=4)
    outputs = Objective(instance).outputs().fractions().ravel().tolist()
    samples = [row for row in instance.samples.fractions().tolist() for _ in range(2)]
    shifts = [Fraction(random.Random(seed + i).randrange(1, 9), 2) for i in range(4)]
    targets = [[y + sign * shift] for y, shift in zip(outputs, shifts, strict=True) for sign in (1, -1)]
    found = block_terms(Instance(instance.network, instance.parameters, samples, targets), "unit", check=True)
    assert found.checked is True
    assert found.identity
    assert found.loss == found.left == sum(shift**2 for shift in shifts)
    assert found.norm - sum(found.terms) == found.loss


def test_the_numbers_of_a_known_minimum():
    """In the order bias, first unit, second unit: 38 - 16/3 - 91/3 - 1 = 4/3."""
    objective = select(["swirszcz-2-smooth"])[0].objective()
    place = objective.coordinates.index
    units = [[place(f"W1[0,{j}]"), place(f"b1[{j}]")] for j in (0, 1)]
    blocks = [[place("b2[0]")], *units, [place("W2[0,0]"), place("W2[1,0]")]]
    found = block_terms(objective, blocks, check=True)
    assert list(map(str, found.terms)) == ["16/3", "91/3", "1", "0"]
    assert (found.norm, found.left, found.identity, found.checked) == (38, Fraction(4, 3), True, True)


def test_from_the_outputs_down_the_last_layer_takes_everything():
    objective = select(["affine-units"])[0].objective()
    down = [range(block.start, block.stop) for block in reversed(objective.coordinates.blocks)]
    found = block_terms(objective, down, check=True)
    assert found.checked is True
    assert found.terms[1:] == (0, 0)
    assert found.identity
    assert found.norm - found.terms[0] == objective.loss()


def test_units_of_ln_2():
    """With the base 2 columns of layer 1 are in units of ln 2: the projections are the same."""
    found = block_terms(select(["li-ding-sun-2"])[0].instance(), check=True)
    assert (found.checked, found.identity, found.left) == (True, True, Fraction(49, 50))


def test_outputs_that_are_no_combination_of_derivatives():
    """w² + 1 at w = 0: no derivative, a critical point, and the loss is not what is left."""
    network = Network((1,), [FullyConnected(1, activation="polynomial(1,0,1)", bias="none")])
    instance = Instance(network, Parameters.from_arrays(network, {"W1": [[0]]}), [[1]], [[-1]])
    found = block_terms(instance, check=True)
    assert (found.checked, found.claim.critical, found.identity) == (True, True, False)
    assert (found.left, found.loss) == (Fraction(1, 2), 2)
    assert "the loss is 2" in found.reason


def test_targets_that_are_zero_and_columns_that_are():
    network = Network((1,), [FullyConnected(1, activation="identity")])
    parameters = Parameters.from_arrays(network, {"W1": [[0]], "b1": [0]})
    found = block_terms(Instance(network, parameters, [[0], [0]], [[0], [0]]), "unit", check=True)
    assert (found.checked, found.norm, found.terms, found.identity) == (True, 0, (0,), True)


def test_what_it_shows():
    found = block_terms(select(["swirszcz-2-smooth"])[0].instance(), check=True)
    document = found.document()
    assert document["norm"]["exact"] == "38"
    assert [block["name"] for block in document["blocks"]] == ["layer 1", "layer 2"]
    assert [block["term"]["exact"] for block in document["blocks"]] == ["110/3", "0"]
    assert (document["critical"], document["identity"], document["checked"]) == (True, True, True)
    assert found.rows()[1] == ("less layer 1", "110/3")
    assert "<td>less layer 2</td>" in found._repr_html_()
    rejected = replace(found, checked=False, rejection="rejected: it")
    assert "does not accept the evidence (rejected: it)" in str(rejected)


def test_terms_in_an_exponential_are_bounds():
    found = block_terms(select(["convolutional-and"])[0].instance(), check=True)
    assert (found.checked, found.identity, found.norm) == (True, True, 2)
    assert found.terms[0] == 0
    assert found.terms[2][0] <= 0 <= found.terms[2][1]
    assert found.terms[1][0] < Fraction(7, 4) < found.terms[1][1]
    assert found.loss == found.left
    assert found.left[0] < Fraction(1, 4) < found.left[1]
    assert found.rows()[-1][1].startswith("between 0.2499")
    assert found.rows()[-1][1].endswith(": the loss, for the point is critical")
    assert found.document()["blocks"][1]["term"]["exact"] is None


def test_a_wrong_claim_is_not_accepted():
    found = block_terms(select(["swirszcz-2-smooth"])[0].instance(), check=False)
    left = (*found.claim.left[:-1], found.claim.left[-1] + 1)
    wrong = replace(found, claim=replace(found.claim, left=left))
    assert wrong.certificate.outcome.exit_code == 1


def test_least_squares_against_floats():
    generator = np.random.default_rng(4)
    features, targets = generator.integers(-5, 6, (12, 3)), generator.integers(-5, 6, (12, 2))
    design = np.column_stack([features, np.ones(12)])
    rest = targets - design @ np.linalg.lstsq(design, targets, rcond=None)[0]
    found = least_squares(exact_array(features, name="x"), exact_array(targets, name="y"))
    assert float(found.left) == pytest.approx((rest**2).sum() / 2)
    assert found.certificate.outcome.exit_code == 0


def test_bad_input():
    objective = select(["swirszcz-2-smooth"])[0].objective()
    for blocks in ([[0, 1]], [[0, 0, 1, 2, 3, 4, 5, 6]], [range(6), [7]], [[], range(7)], [range(7), []]):
        with pytest.raises(InputError, match="each of the coordinates 0 to 6 in one block"):
            block_terms(objective, blocks)
    with pytest.raises(InputError, match=r"blocks\[0\]\[0\] = 'x'; expected an integer"):
        block_terms(objective, [["x"]])
    for blocks in ("neuron", 3):
        with pytest.raises(InputError, match="expected 'layer', 'unit' or a sequence of sequences"):
            block_terms(objective, blocks)
    network = Network((1,), [FullyConnected(1, activation=name) for name in ("softplus", "identity")])
    parameters = Parameters.from_arrays(network, {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": [0]})
    with pytest.raises(InputError, match=r"lie in balls; expected Q or Q\(t\)"):
        block_terms(Instance(network, parameters, [[1]], [[1]]))
    with pytest.raises(InputError, match="kink"):
        block_terms(select(["swirszcz-1"])[0].instance())
    with pytest.raises(InputError, match="targets: missing"):
        block_terms(Instance(objective.instance.network, objective.instance.parameters, [[1]]))
