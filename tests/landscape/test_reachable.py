"""T6 on the published minima, on dead layers and pooling, against the spaces themselves and against sampling."""

import time
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.reachable import find
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def dense(arrays, samples, targets, *, activation="relu", bias="neuron", widths=None):
    """A fully connected network with these arrays and an affine output."""
    depth = sum(name.startswith("W") for name in arrays)
    widths = [len(arrays[f"W{k}"][0]) for k in range(1, depth + 1)]
    layers = [FullyConnected(w, activation=activation, bias=bias) for w in widths[:-1]]
    network = Network((len(arrays["W1"]),), [*layers, FullyConnected(widths[-1], activation="identity", bias=bias)])
    return Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))


def scalar(pairs, arrays, **options):
    return dense(arrays, [[x] for x, _ in pairs], [[y] for _, y in pairs], **options)


SWIRSZCZ_1 = [(5, 2), (4, 1), (3, 0), (1, -3), (-1, 3)]
SWIRSZCZ_2 = [(-1, 5), (0, 0), (1, -1), (10, -3), (11, -4), (12, -5)]
SWIRSZCZ_3 = [(-1, 3), (0, 0), (1, -1), (10, -3), (11, -4), (12, -6)]
MINIMA = {
    "Świrszcz 1, at a kink": (SWIRSZCZ_1, {"W1": [[1]], "b1": [-3], "W2": [[1]], "b2": [0]}, "9"),
    "Świrszcz 2, at a kink": (
        SWIRSZCZ_2,
        {"W1": [[-3, 1]], "b1": ["13/3", -10], "W2": [[1], [-1]], "b2": [-3]},
        "4/3",
    ),
    "Świrszcz 2, differentiable": (
        SWIRSZCZ_2,
        {"W1": [[-3, 1]], "b1": ["23/6", "-19/2"], "W2": [[1], [-1]], "b2": ["-5/2"]},
        "4/3",
    ),
    "Świrszcz 3": (
        SWIRSZCZ_3,
        {"W1": [[-2, 1, 1]], "b1": ["11/3", -10, -11], "W2": [[1], [-1], [-1]], "b2": [-3]},
        "1/3",
    ),
    "Yun 1": ([(0, 0), (1, 0), (2, 1)], {"W1": [["1/2", 0]], "b1": ["5/6", 1], "W2": [[1], [0]], "b2": [-1]}, "1/12"),
    "a dead layer": (
        [(0, 0), (1, 0), (2, 1)],
        {"W1": [[1, -1]], "b1": [-5, -1], "W2": [[1, 2], [3, 4]], "b2": [1, -1], "W3": [[1], [1]], "b3": ["-2/3"]},
        "1/3",
    ),
}


@pytest.mark.parametrize("name", MINIMA)
def test_published_minima(name):
    pairs, arrays, loss = MINIMA[name]
    objective = scalar(pairs, arrays)
    finding = find(objective)
    assert (finding.type, finding.evidence.kind) == ("minimum", "reachable")
    assert finding.loss == (Fraction(loss), Fraction(loss))
    assert (finding.strict, finding.index) == (False, None)
    assert sampled_minimum(objective) >= 0


@pytest.mark.parametrize("name", MINIMA)
def test_a_changed_target_is_no_minimum(name):
    pairs, arrays, _ = MINIMA[name]
    moved = [(x, y + (x == pairs[0][0])) for x, y in pairs]
    objective = scalar(moved, arrays)
    assert isinstance(find(objective), str)
    assert spaces(objective) is False


def test_affine_regime_of_leaky_relu():
    """He, Wang and Tao: every unit is affine on all samples, and the outputs are the best affine fit."""
    pairs = [(0, 0), (1, 0), (2, 1)]
    arrays = {"W1": [[1, -1]], "b1": [5, -4], "W2": [["1/2"], [0]], "b2": [Fraction(-1, 6) - Fraction(5, 2)]}
    objective = scalar(pairs, arrays, activation="leaky-relu(1/10)")
    assert find(objective).loss[0] == Fraction(1, 12)
    off = scalar(pairs, arrays | {"b2": [0]}, activation="leaky-relu(1/10)")
    assert "shifts" in find(off)


def test_without_biases_and_at_zero():
    """All units at kinks on the sample 0: its residual has to be zero."""
    arrays = {"W1": [[1, -1]], "W2": [[1], [1]]}
    samples = [(0, 0), (1, 1), (-1, 1)]
    assert find(scalar(samples, arrays, bias="none")).loss[0] == 0
    shifted = [(0, 3), (1, 1), (-1, 1)]
    assert "kink" in find(scalar(shifted, arrays, bias="none"))


def test_other_networks_are_refused():
    pairs, arrays, _ = MINIMA["Yun 1"]
    assert "piecewise affine" in find(scalar(pairs, arrays, activation="square"))
    assert "piecewise affine" in find(scalar(pairs, arrays, activation="tanh"))
    network = Network((1,), [FullyConnected(1, activation="relu")])
    parameters = Parameters.from_arrays(network, {"W1": [[1]], "b1": [0]})
    assert "last layer" in find(Objective(Instance(network, parameters, [[1]], [[1]])))


# -------------------------------------------------------------------- oracles


def spaces(objective):
    """V(h) neuron by neuron, built upward with SymPy-free fractions: the theorem as it is written."""
    evaluation = objective.in_rationals()
    trace = evaluation.trace
    samples = len(evaluation.residual.fractions())
    unit = np.eye(samples, dtype=object) + Fraction(0)
    below = [[column] for column in trace.features[0].fractions().T]
    for index in range(len(trace.steps)):
        step, choice = trace.steps[index], trace.pattern[index]
        spaces_here = []
        filters = step.layer.width // len(step.positions)
        for neuron in range(step.layer.width):
            ties = [] if choice is None or choice.ties is None else np.flatnonzero(choice.ties[:, neuron]).tolist()
            own = [unit[i] for i in ties]
            if step.weights is None:
                for slot in set(step.slots[neuron].tolist()):
                    wins = (choice.chosen[:, neuron] == slot).astype(object)
                    own += [wins * v for v in below[slot]]
            else:
                base = [v for slot in step.slots[neuron // filters].tolist() if slot >= 0 for v in below[slot]]
                base += [] if step.biases is None else [np.ones(samples, dtype=object)]
                chosen = np.zeros(samples, dtype=int) if choice is None else choice.chosen[:, neuron]
                pairs = [step.curve.pieces[i].affine for i in chosen]
                slopes = np.array([b for _, b in pairs], dtype=object)
                own += [slopes * v for v in base] + [np.array([a for a, _ in pairs], dtype=object)]
            spaces_here.append(independent(own))
        below = spaces_here
    residual = evaluation.residual.fractions()
    return all((v * residual[:, c]).sum() == 0 for c, own in enumerate(below) for v in own)


def independent(vectors):
    basis = []
    for v in vectors:
        v = v + Fraction(0)
        for b in basis:
            pivot = next(i for i, x in enumerate(b) if x)
            v = v - b * (v[pivot] / b[pivot])
        if any(v):
            basis.append(v)
    return basis


def sampled_minimum(objective, *, tries=60, size=Fraction(1, 2**14), seed=0):
    """The least exact increase of the loss among neighbours."""
    rng = np.random.default_rng(seed)
    theta, here = objective.theta.fractions(), objective.loss()
    best = None
    for _ in range(tries):
        step = [Fraction(int(k)) * size for k in rng.integers(-8, 9, len(theta)) * (rng.random(len(theta)) < 0.6)]
        change = objective.at(ExactArray.from_fractions(theta + np.array(step, dtype=object))).loss() - here
        best = change if best is None else min(best, change)
    return best


def random_network(rng):
    """A small network of convolutions, pooling and kinks, with an affine output of one or several positions."""
    hidden = str(rng.choice(["relu", "leaky-relu(1/2)", "abs", "clip(-1,1)", "relu6"]))
    bias = str(rng.choice(["neuron", "filter", "none"]))
    layers = []
    if rng.random() < 0.3:
        layers.append(MaxPooling(2, stride=1, padding=int(rng.integers(0, 2))))
    layers.append(Convolution(2, 2, activation=hidden, bias=bias, padding=int(rng.integers(0, 2))))
    if rng.random() < 0.5:
        layers.append(MaxPooling(2, stride=1))
    dense = rng.random() < 0.5
    if dense:
        layers.append(FullyConnected(2, activation=hidden, bias=bias))
    last = FullyConnected(1, activation="identity", bias=bias)
    layers.append(last if dense or rng.random() < 0.5 else Convolution(1, 1, activation="identity", bias=bias))
    return Network((1, 4), layers)


@pytest.mark.parametrize("seed", range(3))
def test_random_networks_agree_with_the_spaces(seed):
    """Points with many dead units, so that both answers occur."""
    rng = np.random.default_rng(seed)
    seen = {True: 0, False: 0}
    for _ in range(60):
        network = random_network(rng)
        samples = rng.integers(-1, 2, (3, 4)).tolist()
        arrays = {}
        for layer in network.resolved:
            if layer.kind == "max-pooling":
                continue
            slots, filters = layer.weights_shape
            arrays[f"W{layer.number}"] = rng.integers(-1, 2, (slots, filters)).tolist()
            if layer.bias != "none":
                arrays[f"b{layer.number}"] = rng.integers(-9, 2, layer.biases_count).tolist()
        parameters = Parameters.from_arrays(network, arrays)
        outputs = Objective(Instance(network, parameters, samples, np.zeros((3, network.widths[-1]), int))).outputs()
        noise = rng.integers(-1, 2, outputs.shape) * (rng.random(outputs.shape) < 0.4)
        noise[0] -= noise.sum(axis=0)  # orthogonal to shifts
        targets = ExactArray.from_fractions(outputs.fractions() + noise)
        objective = Objective(Instance(network, parameters, samples, targets))
        finding = find(objective)
        assert isinstance(finding, str) != spaces(objective)
        seen[not isinstance(finding, str)] += 1
        if not isinstance(finding, str):
            assert sampled_minimum(objective, tries=20) >= 0
    assert min(seen.values()) >= 5


def test_hundreds_of_samples():
    """The best affine fit of 300 samples by a network of three layers in its affine regime, and some dead units."""
    rng = np.random.default_rng(0)
    samples = rng.integers(-9, 10, (300, 3))
    arrays = {"W1": rng.integers(-3, 4, (3, 20)), "b1": [200] * 15 + [-200] * 5}
    arrays |= {"W2": rng.integers(1, 3, (20, 20)), "b2": [9] * 20, "W3": rng.integers(-3, 4, (20, 1)), "b3": [0]}
    arrays["b2"][:5] = [-100_000] * 5
    hidden = dense(arrays, samples.tolist(), np.zeros((300, 1), int).tolist())
    outputs = hidden.outputs().fractions()
    residual = np.zeros((300, 1), dtype=object)
    augmented = np.column_stack([samples, np.ones(300, int)])
    from flint import fmpz_mat

    kernel = fmpz_mat(augmented[:5].T.tolist()).nullspace()[0]  # of five samples: an affine dependence
    residual[:5, 0] = [Fraction(int(kernel[i, 0])) for i in range(5)]
    objective = dense(arrays, samples.tolist(), ExactArray.from_fractions(outputs - residual))
    start = time.perf_counter()
    assert find(objective).type == "minimum"
    assert time.perf_counter() - start < 20
