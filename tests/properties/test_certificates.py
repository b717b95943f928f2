"""Small random instances of every kind: the checker accepts all that is claimed, and no verdict contradicts a trial."""

import json
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from exactcnn.certificates import write
from exactcnn.checker import check
from exactcnn.data.dataset import Dataset
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.activations import activation_names
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Convolved, Network, Pooled
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.theorems.matrix import matrix_rank
from exactcnn.theorems.verify import verify

PARAMETRIC = ("clip", "polynomial", "logistic")
ACTIVATIONS = (
    *(name for name in activation_names() if name not in PARAMETRIC),
    *("leaky-relu(0)", "leaky-relu(1)", "clip(0,1)", "clip(-1,0)", "clip(1,2)", "swish(0)", "swish(-1/2)"),
    *("polynomial(3)", "polynomial(0)", "polynomial(1/2,0,-2)", "elu(1/3)", "softplus(2)", "logistic(2)"),
)
NUMBERS = {
    "integers": ["0", "1", "-1", "2", "3"],
    "floats": [0.0, 0.1, -2.25, 0.5, 1e-3],
    "fractions": ["0", "1/3", "-2/7", "5", "1/6"],
}
BOUNDED = settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


@st.composite
def layers(draw, below, spatial):
    """One description; it need not fit."""
    kind = draw(st.sampled_from(["convolution"] * 3 + ["patches", "fully-connected", "max-pooling"]))
    bias = draw(st.sampled_from(["neuron", "neuron", "filter", "none"]))
    activation = draw(st.sampled_from(ACTIVATIONS))
    filters = draw(st.integers(1, 3))
    window = {"stride": draw(st.integers(1, 2)), "padding": draw(st.sampled_from([0, 0, 0, 1]))}
    if kind == "max-pooling" and spatial:
        return MaxPooling(draw(st.integers(1, 2)), **window)
    if kind == "fully-connected":
        return FullyConnected(draw(st.integers(1, 5)), bias=bias, activation=activation)
    if kind == "patches" or not spatial:
        size = draw(st.integers(1, min(3, below)))
        one = st.lists(st.integers(0, below - 1), min_size=size, max_size=size, unique=True).map(tuple)
        patches = tuple(draw(st.lists(one, min_size=1, max_size=4)))
        if kind == "max-pooling":
            return MaxPooling(patches=patches)
        return Convolution(filters, patches=patches, bias=bias, activation=activation)
    return Convolution(filters, draw(st.integers(1, 2)), bias=bias, activation=activation, **window)


@st.composite
def networks(draw):
    shape = draw(st.sampled_from([(4,), (1, 4), (2, 3), (1, 3, 3)]))
    described = []
    network = None
    for _ in range(draw(st.integers(1, 3))):
        top = network.resolved[-1] if network is not None else None
        below = network.widths[-1] if network is not None else int(np.prod(shape))
        spatial = len(top.shape if top is not None else shape) > 1
        try:
            network = Network(shape, [*described, draw(layers(below, spatial))], activation="sigmoid")
        except InputError:
            reject()
        described = list(network.layers)
        if network.widths[-1] > 24:
            break
    if all(isinstance(layer, Pooled) for layer in network.resolved):
        reject()
    return network


@st.composite
def numbers(draw, shape):
    kind = draw(st.sampled_from(sorted(NUMBERS)))
    count = int(np.prod(shape))
    values = draw(st.lists(st.sampled_from(NUMBERS[kind]), min_size=count, max_size=count))
    if kind == "floats":
        return ExactArray.from_array(np.array(values).reshape(shape))
    return ExactArray.from_fractions([Fraction(value) for value in values], shape)


@st.composite
def instances(draw):
    """A network, perhaps samples with repetitions, and parameters of every kind, perhaps none."""
    network = draw(networks())
    samples = draw(numbers((draw(st.integers(1, 4)), network.widths[0])))
    repeated = draw(st.lists(st.integers(0, len(samples) - 1), min_size=1, max_size=5))
    dataset = draw(st.sampled_from(["distinct", "repeated", "none"]))
    samples = samples if dataset == "distinct" else samples[np.array(repeated)]
    choices = [layer.number for layer in network.resolved if isinstance(layer, Convolved)]
    layer = draw(st.sampled_from([None, *choices]))
    kind = draw(st.sampled_from(["drawn", "given", "given", "none"]))
    parameters = None
    if kind == "drawn":
        parameters = random_parameters(network, seed=draw(st.integers(0, 9)))
    elif kind == "given":
        arrays = {}
        for each in network.resolved:
            if isinstance(each, Convolved):
                arrays[f"W{each.number}"] = draw(numbers(each.weights_shape))
                if each.biases_count:
                    arrays[f"b{each.number}"] = draw(numbers((each.biases_count,)))
        parameters = Parameters.from_arrays(network, arrays)
    return network, parameters, None if dataset == "none" else Dataset.from_array(samples), layer


def written(found, path):
    found.certificate.write(path)
    return path


def covering(verdict, count):
    """The claim that says what a decided verdict says, as the keys and values that it must have."""
    holds = verdict.status == "proved"
    here = {"layer": verdict.layer}
    if verdict.scope == "this point":
        return {"kind": "rank"} | here | ({"lower": count} if holds else {"upper": verdict.details["upper"]})
    match verdict.statement:
        case "NH18.D2.1":
            return {"kind": "patch-structure", "holds": holds} | here
        case "NH18.A2.4":
            end = "lower" if holds else "upper"
            assert (verdict.details[end] == verdict.details["full"]) == holds
            return {"kind": "generic-rank", end: verdict.details[end]} | here
        case "NH18.A3.1":
            return {"kind": "distinct-patches", "layer": 1, "cross_position": True, "holds": holds}
        case "NH18.A3.2":
            return {"kind": "activation", "holds": holds} | here
        case "NH18.T3.4.2":
            return {"kind": "width", "holds": holds} | here
    named = {"statement": verdict.statement, "status": verdict.status, "scope": verdict.scope}
    return {"kind": "conclusion", "by": verdict.details["by"]} | named | here


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@BOUNDED
@given(instances())
def test_the_checker_accepts_every_certificate_and_it_covers_every_decided_verdict(folder, instance):
    network, parameters, dataset, layer = instance
    found = verify(network, parameters, dataset, layer=layer, float_ranks=False)
    outcome = check(written(found, folder / "certificate.json"))
    assert outcome.exit_code == 0, outcome.message
    claims = json.loads((folder / "certificate.json").read_text())["claims"]
    assert len(outcome.accepted) == len(claims)
    for verdict in found.verdicts:
        if verdict.status != "undecided":
            wanted = covering(verdict, None if dataset is None else len(dataset))
            assert any(claim.items() >= wanted.items() for claim in claims), verdict


@BOUNDED
@given(instances(), st.integers(0, 10**6))
def test_no_verdict_on_all_or_almost_all_parameters_contradicts_a_random_draw(instance, seed):
    network, parameters, dataset, layer = instance
    if dataset is None:
        reject()
    found = verify(network, parameters, dataset, layer=layer, float_ranks=False)
    verdicts = {(v.statement, v.scope): v for v in found.verdicts if v.statement in ("NH18.T3.4", "NH18.T3.5")}
    drawn = random_parameters(network, seed=seed, scale=4.0)
    rank = FeatureMatrix(network, drawn, dataset.samples, found.layer).rank()
    for (statement, scope), verdict in verdicts.items():
        if verdict.status == "proved" and scope == "almost all parameters":
            assert rank.upper == len(dataset), (statement, rank)
        if verdict.status == "refuted" and scope == "all parameters":
            assert rank.lower < len(dataset), (statement, rank)
        if verdict.status == "refuted" and verdict.details.get("by") == "dead-units":
            assert _units_can_die(network, dataset, drawn, found.layer)


def _units_can_die(network, dataset, parameters, layer):
    """Whether all features are 0 with the biases of the layer far to the left, or far to the right."""
    arrays = {f"W{k}": each.weights for k, each in enumerate(parameters.layers, 1) if each}
    arrays |= {f"b{k}": each.biases for k, each in enumerate(parameters.layers, 1) if each and each.biases}
    dead = []
    for bias in (-(10**15), 10**15):
        arrays[f"b{layer}"] = ExactArray(np.full(parameters.layer(layer).biases.shape, bias))
        features = FeatureMatrix(network, Parameters.from_arrays(network, arrays), dataset.samples, layer)
        dead.append(not features.floats().any())
    return any(dead)


@settings(parent=BOUNDED, max_examples=25)
@given(instances())
def test_large_arrays_in_a_companion_prove_the_same(folder, instance):
    network, parameters, dataset, layer = instance
    found = verify(network, parameters, dataset, layer=layer, float_ranks=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "INLINE", 0)
        path = written(found, folder / "large.json")
    outcome = check(path)
    assert outcome.exit_code == 0, outcome.message
    inline = check(written(found, folder / "small.json"), against=path)
    assert outcome.accepted == inline.accepted


@st.composite
def matrices(draw):
    """A product of two small matrices, so that ranks are deficient, or any small matrix; entries of every size."""
    m, n, r = draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(st.integers(0, 4))
    entry = st.sampled_from(["0", "1", "-1", "2/3", "7", str(2**62 - 57), f"1/{2**61 - 1}", str(10**30), "0.1"])
    fraction = st.builds(Fraction, entry)
    left = draw(st.lists(fraction, min_size=m * r, max_size=m * r))
    right = draw(st.lists(fraction, min_size=r * n, max_size=r * n))
    if not r:
        return ExactArray.from_fractions(draw(st.lists(fraction, min_size=m * n, max_size=m * n)), (m, n))
    product = [sum(left[i * r + k] * right[k * n + j] for k in range(r)) for i in range(m) for j in range(n)]
    return ExactArray.from_fractions(product, (m, n))


@BOUNDED
@given(matrices(), st.sampled_from([None, None, *ACTIVATIONS]), st.sampled_from([0, 200_000]))
def test_certificates_of_matrices(folder, entries, activation, inline):
    found = matrix_rank(entries, activation, float_ranks=False)
    if activation is None:
        assert found.rank.exact == fmpq_rank(entries)
    path = folder / "matrix.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "INLINE", inline)
        found.certificate.write(path)
    outcome = check(path)
    says_nothing = (found.rank.lower, found.rank.upper) == (0, min(entries.shape))
    assert outcome.exit_code == int(says_nothing), outcome.message
    document = json.loads(path.read_text())["claims"][0]
    assert (document["lower"], document["upper"]) == (found.rank.lower, found.rank.upper)


def fmpq_rank(entries):
    values = [flint.fmpq(*value.as_integer_ratio()) for value in entries.fractions().ravel()]
    return flint.fmpq_mat(*entries.shape, values).rank()
