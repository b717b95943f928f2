"""Slices: known counts, every retraction carried out in fractions, and what must not be frozen."""

import random
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.evidence import Constant, Inactive, Mixing, Scaling, Shift, Unseen
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.gauge import find_slice
from exactcnn.landscape.minimum import minimum_at
from exactcnn.landscape.neighbourhood import neighbourhood
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from tests.landscape.examples import (
    CLIP,
    LINE_PLUS_ONE,
    fully_connected,
    kink_instance,
    linear_cnn,
    objective_of,
    one_hot_and,
    spurious_minimum,
)

# -------------------------------------------------------------------- the retractions, carried out


def _offset(near, layer, unit, filters, width):
    """c of (W, b) -> (sW, sb + (s - 1) c)."""
    lines = near.lines(layer, range(unit, width, filters))
    if all(constant == 0 for _, constant in lines):
        return Fraction(0)
    ((slope, constant),) = lines
    return constant / slope


def _scaled(theta, s, coordinates, layer, unit, offset):
    block, above = coordinates.block(layer), coordinates.block(layer + 1)
    slots, filters = block.layer.weights_shape
    for number, e in enumerate(coordinates.unit(layer, unit)):
        theta[e] = s * theta[e] if number < slots else s * theta[e] + (s - 1) * offset
    for slot in range(above.layer.weights_shape[0]):
        if any(j >= 0 and j % filters == unit for j in above.layer.patches.slots[:, slot]):
            for t in range(above.layer.filters):
                theta[above.weight(slot, t)] /= s


def _absorb(theta, coordinates, layer, neuron, slot, change):
    """Biases of a layer take over a change of what one slot of one patch reads."""
    block = coordinates.block(layer)
    for p in range(block.layer.patches.patch_count):
        if block.layer.patches.slots[p, slot] == neuron:
            for t in range(block.layer.filters):
                theta[block.bias(p * block.layer.filters + t)] += change(block.weight(slot, t))


def times(left, right):
    return [
        [sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0)) for column in zip(*right, strict=True)]
        for row in left
    ]


def solved(left, right):
    """left⁻¹ right, by Gauss."""
    rows = [[*a, *b] for a, b in zip(left, right, strict=True)]
    size = len(left)
    for c in range(size):
        pivot = next(r for r in range(c, size) if rows[r][c])
        rows[c], rows[pivot] = rows[pivot], rows[c]
        rows[c] = [x / rows[c][c] for x in rows[c]]
        for r in range(size):
            if r != c:
                rows[r] = [x - rows[r][c] * y for x, y in zip(rows[r], rows[c], strict=True)]
    return [row[size:] for row in rows]


def transposed(matrix):
    return [list(column) for column in zip(*matrix, strict=True)]


def mix(theta, start, coordinates, near, step):
    """The retraction of Mixing, on θ in place."""
    block, above = coordinates.block(step.layer), coordinates.block(step.layer + 1)
    places = [coordinates.unit(step.layer, unit) for unit in step.units]
    width, slots = len(places[0]), block.layer.weights_shape[0]
    kept = list(range(width)) if step.kept is None else list(step.kept)
    others = [c for c in range(width) if c not in kept]
    matrix = [[]] * width if step.combination is None else step.combination.fractions().tolist()
    rows = [j for j in kept if not (step.absorbed and j == slots)]
    outputs = range(above.layer.filters)

    def columns(values):
        return [
            [
                values[own[j]]
                + sum((c * values[own[f]] for c, f in zip(matrix[kept.index(j)], others, strict=True)), Fraction(0))
                for own in places
            ]
            for j in kept
        ]

    def outgoing(values):
        return [[values[above.weight(unit, t)] for t in outputs] for unit in step.units]

    e, v, e_start, v_start = columns(theta), outgoing(theta), columns(start), outgoing(start)
    inner = [kept.index(j) for j in rows]
    own, own_start = [e[i] for i in inner], [e_start[i] for i in inner]
    number = [step.units.index(unit) for unit in step.pivots] if step.frozen != "minor" else []
    rest = [i for i in range(len(step.units)) if i not in number]
    target = times(own, v)
    if step.frozen == "minor":
        at = [rows.index(j) for j in step.pivots]
        a = solved([own[i] for i in at], [own_start[i] for i in at])
        new, new_v = times(own, a), solved(a, v)
    elif step.frozen == "outgoing":
        fixed = times([[row[i] for i in rest] for row in own_start], [v_start[i] for i in rest]) if rest else None
        left = [[x - (fixed[r][c] if fixed else 0) for c, x in enumerate(row)] for r, row in enumerate(target)]
        part = transposed(solved(transposed([v_start[i] for i in number]), transposed(left)))
        new = [list(row) for row in own_start]
        for r, row in enumerate(part):
            for c, i in enumerate(number):
                new[r][i] = row[c]
        new_v = v_start
    else:
        fixed = times([[row[i] for i in rest] for row in own_start], [v_start[i] for i in rest]) if rest else None
        left = [[x - (fixed[r][c] if fixed else 0) for c, x in enumerate(row)] for r, row in enumerate(target)]
        part = solved([[row[i] for i in number] for row in own_start], left)
        new, new_v = own_start, [list(row) for row in v_start]
        for i, row in zip(number, part, strict=True):
            new_v[i] = row
    if step.absorbed:
        ((slope, constant),) = near.lines(step.layer, step.units)
        bias_row = e[kept.index(slots)]
        for t in outputs:
            theta[above.bias(t)] += sum(
                ((slope * b + constant) * (v[i][t] - new_v[i][t]) for i, b in enumerate(bias_row)), Fraction(0)
            )
    full = dict(zip(rows, new, strict=True))
    if step.absorbed:
        full[slots] = e[kept.index(slots)]
    for i, unit in enumerate(step.units):
        for f in others:
            theta[places[i][f]] = start[places[i][f]]
        for j in kept:
            back = sum(
                (c * start[places[i][f]] for c, f in zip(matrix[kept.index(j)], others, strict=True)), Fraction(0)
            )
            theta[places[i][j]] = full[j][i] - back
        for t in outputs:
            theta[above.weight(unit, t)] = new_v[i][t]


def retract(objective, near, step, start, theta):
    """Apply the retraction of one step, as the theorem states it."""
    theta, coordinates = list(theta), objective.coordinates
    if isinstance(step, Inactive):
        for e in step.coordinates:
            theta[e] = start[e]
    elif isinstance(step, Scaling):
        layer = coordinates.block(step.layer).layer
        offset = _offset(near, step.layer, step.unit, layer.filters, layer.width)
        is_bias = step.coordinate >= coordinates.block(step.layer).biases.start
        assert not (is_bias and offset)
        _scaled(theta, start[step.coordinate] / theta[step.coordinate], coordinates, step.layer, step.unit, offset)
    elif isinstance(step, Shift):
        block, above = coordinates.block(step.layer), coordinates.block(step.layer + 1)
        ((slope, _),) = {(line[0], 0) for line in near.lines(step.layer, [step.neuron])}
        bias = block.bias(step.neuron)
        moved = (theta[bias] - start[bias]) * slope
        theta[bias] = start[bias]
        for slot in range(above.layer.weights_shape[0]):
            _absorb(theta, coordinates, step.layer + 1, step.neuron, slot, lambda w: moved * theta[w])
    elif isinstance(step, Constant):
        block, above = coordinates.block(step.layer), coordinates.block(step.layer + 1)
        features = objective.at(ExactArray.from_fractions(theta)).in_rationals().trace.features[step.layer].fractions()
        slots = above.layer.patches.slots
        for slot in range(above.layer.weights_shape[0]):
            read = [j for j in slots[:, slot] if j >= 0]
            mine = any(j % block.layer.filters == step.unit for j in read)
            if mine and all(len(set(features[:, j])) == 1 for j in read):
                for t in range(above.layer.filters):
                    weight = above.weight(slot, t)
                    for p in range(len(slots)):
                        if slots[p, slot] >= 0:
                            bias = above.bias(p * above.layer.filters + t)
                            theta[bias] += features[0, slots[p, slot]] * (theta[weight] - start[weight])
                    theta[weight] = start[weight]
    elif isinstance(step, Mixing):
        mix(theta, start, coordinates, near, step)
    else:
        assert isinstance(step, Unseen)
        places = coordinates.unit(1, step.unit)
        others = [c for c in range(len(places)) if c not in step.kept]
        matrix = step.combination.fractions()
        before = [start[places[c]] for c in others]

        def compensate():
            change = [theta[places[c]] - b for c, b in zip(others, before, strict=True)]
            for row, c in zip(matrix, step.kept, strict=True):
                theta[places[c]] += sum((m * d for m, d in zip(row, change, strict=True)), Fraction(0))
            for c, b in zip(others, before, strict=True):
                theta[places[c]] = b

        compensate()
        if step.scaled is not None:
            layer = coordinates.block(1).layer
            offset = _offset(near, 1, step.unit, layer.filters, layer.width)
            row = step.kept.index(step.scaled)
            e = places[step.scaled]

            def effective(values):
                kappa = step.shift.fractions()[row] if step.shift is not None else 0
                rest = sum((m * b for m, b in zip(matrix[row], before, strict=True)), Fraction(0))
                return values[e] + rest + offset * kappa

            if step.shift is None:
                assert offset == 0
                _scaled(theta, effective(start) / effective(theta), coordinates, 1, step.unit, Fraction(0))
            else:  # z + c is multiplied by s: c κ enters the kept coordinates
                s = effective(start) / effective(theta)
                kappa = step.shift.fractions()
                _scaled(theta, s, coordinates, 1, step.unit, Fraction(0))
                for k, c in zip(kappa, step.kept, strict=True):
                    theta[places[c]] += (s - 1) * offset * k
            compensate()
    return theta


def loss(objective, theta):
    return objective.at(ExactArray.from_fractions(theta)).loss()


def check_retraction(objective, found, seed=0, size=2**40):
    """Φ ∘ π = Φ for random points near, π is onto the slice, and the identity on it."""
    rng = random.Random(seed)
    start = objective.theta.fractions().tolist()
    near = neighbourhood(objective)
    for trial in range(4):
        theta = [x + Fraction(rng.randrange(-1000, 1001), size) for x in start]
        if trial == 3:
            theta = [start[e] if e in found.frozen else x for e, x in enumerate(theta)]
        moved = theta
        for step in found.steps:
            moved = retract(objective, near, step, start, moved)
            assert loss(objective, moved) == loss(objective, theta), step
        assert all(moved[e] == start[e] for e in found.frozen)
        if trial == 3:
            assert moved == theta


def rank_of_outputs(objective):
    """Rank of the Jacobian of the outputs: no more coordinates than its corank can be frozen, generically."""
    from flint import fmpz_mat

    numbers, _ = objective.jacobian().integers()
    return fmpz_mat(*numbers.shape, [int(x) for x in numbers.ravel().tolist()]).rank()


# -------------------------------------------------------------------- known points


@pytest.mark.parametrize(
    ("objective", "value", "free"),
    [
        (linear_cnn(3), Fraction(9, 8), 3),
        (linear_cnn(4), Fraction(1, 32), 4),
        (spurious_minimum(), Fraction(231, 625), 7),
        (one_hot_and(), Fraction(1, 4), 7),
    ],
)
def test_degenerate_minima_are_definite_on_their_slice(objective, value, free):
    found = find_slice(objective)
    assert objective.loss() == value
    assert len(found.free) == free
    finding = minimum_at(objective, found, "rational", 128)
    assert isinstance(finding, Finding)
    assert finding.index == (free, 0, objective.coordinates.count - free)
    assert not finding.strict


@pytest.mark.parametrize("objective", [linear_cnn(3), linear_cnn(4)])
def test_known_slices_are_retractions(objective):
    check_retraction(objective, find_slice(objective))


def test_kinks_count_as_seen():
    found = find_slice(kink_instance())
    assert [step.kind for step in found.steps] == ["scaling"]
    check_retraction(kink_instance(), found)


# -------------------------------------------------------------------- random networks


def random_arrays(network, rng, spread=3):
    arrays = {}
    for layer in network.resolved:
        if hasattr(layer, "weights_shape"):
            draw = np.vectorize(lambda _: rng.randint(-spread, spread), otypes=[object])
            arrays[f"W{layer.number}"] = draw(np.empty(layer.weights_shape))
            if layer.bias != "none":
                arrays[f"b{layer.number}"] = draw(np.empty(layer.biases_count))
    return arrays


NETWORKS = {
    "relu": fully_connected((2, 3, 2), ("relu", "identity")),
    "relu without biases": fully_connected((3, 3, 1), ("relu", "identity"), bias="none"),
    "deep relu": fully_connected((2, 3, 3, 1), ("relu", "relu", "identity")),
    "wide inputs": fully_connected((6, 2, 2), ("relu", "identity")),
    "leaky": fully_connected((2, 2, 2, 1), ("leaky-relu(1/4)", "relu", "identity")),
    "identity": fully_connected((3, 2, 2, 1), ("identity", "identity", "identity")),
    "hard tanh": fully_connected((2, 4, 1), ("hard-tanh", "identity")),
    "clip": fully_connected((5, 3, 2, 1), (CLIP, "relu", "identity")),
    "line": fully_connected((5, 2, 1), (LINE_PLUS_ONE, "identity")),
    "wide last": fully_connected((3, 2, 4, 1), ("identity", "identity", "identity")),
    "many outputs": fully_connected((1, 3, 4), ("identity", "identity")),
    "one input": fully_connected((1, 4, 2), ("relu", "identity")),
    "without biases": fully_connected((2, 3, 3, 1), ("identity", "relu", "identity"), bias="none"),
    "abs": fully_connected((2, 3, 1), ("abs", "identity")),
    "softsign": fully_connected((4, 2, 1), ("softsign", "identity")),
    "shared": Network(
        (1, 5),
        [
            Convolution(2, 3, padding=1, bias="filter", activation="relu"),
            Convolution(2, 2, bias="neuron", activation="relu"),
            FullyConnected(2, activation="identity"),
        ],
    ),
    "neuron biases": Network(
        (1, 4), [Convolution(2, 2, bias="neuron", activation="relu"), FullyConnected(1, activation="identity")]
    ),
    "pooling": Network(
        (1, 4),
        [
            Convolution(2, 2, bias="filter", activation="relu"),
            MaxPooling(2, stride=1),
            FullyConnected(2, activation="relu"),
            FullyConnected(1, activation="identity"),
        ],
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("seed", range(6))
def test_retractions_leave_the_loss_as_it_is(name, seed):
    network, rng = NETWORKS[name], random.Random(f"{name} {seed}")
    count, inputs = rng.choice([2, 3, 5]), network.widths[0]
    samples = [[rng.choice([0, 0, 1, 2, -1, -3]) for _ in range(inputs)] for _ in range(count)]
    if seed % 3 == 0:
        samples = [[1, *row[1:]] for row in samples]  # a constant column
    targets = [[rng.randint(-3, 3) for _ in range(network.widths[-1])] for _ in range(count)]
    arrays = random_arrays(network, rng, spread=1 + seed % 3)
    if name == "line":  # pieces t, met by all samples: scaling and shift together
        samples = [[Fraction(abs(x), 40) for x in row] for row in samples]
        arrays["W1"], arrays["b1"] = abs(arrays["W1"]), np.array([Fraction(1, 3), Fraction(1, 5)], dtype=object)
        samples = np.array(samples, dtype=object)
    objective = objective_of(network, arrays, samples, targets)
    try:
        tied = any(kink.slopes is None for kink in objective.kinks())
    except NotImplementedError:
        tied = False
    found = find_slice(objective)
    if not tied:
        check_retraction(objective, found, seed)


def test_random_networks_exercise_every_step():
    kinds, mixed = set(), []
    for name, network in NETWORKS.items():
        rng = random.Random(name)
        for _ in range(12):
            samples = [[rng.choice([0, 0, 1, 2, -1, -3]) for _ in range(network.widths[0])] for _ in range(3)]
            targets = [[0] * network.widths[-1]] * 3
            found = find_slice(objective_of(network, random_arrays(network, rng, 2), samples, targets))
            kinds |= {step.kind for step in found.steps}
            mixed += [step for step in found.steps if isinstance(step, Mixing)]
            kinds |= {"scaled" for step in found.steps if isinstance(step, Unseen) and step.scaled is not None}
            kinds |= {"shifted" for step in found.steps if isinstance(step, Unseen) and step.shift is not None}
    assert kinds >= {"inactive", "scaling", "shift", "unseen", "constant", "mixing", "scaled", "shifted"}
    assert {step.frozen for step in mixed} == {"minor", "outgoing", "incoming"}
    assert {step.absorbed for step in mixed} == {step.combination is None for step in mixed} == {True, False}


@pytest.mark.parametrize("seed", range(8))
def test_all_flat_directions_of_a_generic_relu_network_are_found(seed):
    rng = random.Random(seed)
    network = fully_connected((2, 3, 2), ("relu", "identity"))
    samples = [[rng.randint(-9, 9) for _ in range(2)] for _ in range(30)]
    objective = objective_of(network, random_arrays(network, rng, 9), samples, [[0, 0]] * 30)
    if objective.kinks():
        pytest.skip("at a kink")
    found = find_slice(objective)
    assert len(found.free) == rank_of_outputs(objective)


@pytest.mark.parametrize("widths", [(3, 2, 1), (2, 4, 3), (3, 2, 2, 2), (1, 3, 2), (3, 4, 1), (2, 2, 3, 1), (1, 3, 4)])
@pytest.mark.parametrize("bias", ["neuron", "none"])
def test_all_flat_directions_of_linear_networks_are_found(widths, bias):
    rng = random.Random(str(widths))
    network = fully_connected(widths, ["identity"] * (len(widths) - 1), bias=bias)
    samples = [[rng.randint(-9, 9) for _ in range(widths[0])] for _ in range(9)]
    objective = objective_of(network, random_arrays(network, rng, 9), samples, [[0] * widths[-1]] * 9)
    found = find_slice(objective)
    check_retraction(objective, found)
    assert len(found.free) == rank_of_outputs(objective)


# -------------------------------------------------------------------- choices, edges, what must not be frozen


def test_preferred_coordinates_are_frozen_where_there_is_a_choice():
    objective = linear_cnn(4)
    assert find_slice(objective).frozen == {1}  # the other weight is 0
    network = fully_connected((1, 1, 1), ("relu", "identity"), bias="none")
    objective = objective_of(
        fully_connected((2, 1, 1), ("relu", "identity"), bias="none"),
        {"W1": [[3], [2]], "W2": [[1]]},
        [[1, 2], [2, 1], [1, 1]],
        [[0], [0], [1]],
    )
    assert network.widths == (1, 1, 1)
    assert find_slice(objective).frozen == {0}
    assert find_slice(objective, prefer=frozenset({1})).frozen == {1}


def test_a_unit_without_outgoing_weights_keeps_its_other_coordinates():
    network = fully_connected((1, 1, 1), ("tanh", "identity"))
    arrays = {"W1": [[2]], "b1": [1], "W2": [[0]], "b2": [0]}
    assert not find_slice(objective_of(network, arrays, [[1], [2]], [[0], [1]])).steps


def test_zero_incoming_weights_make_no_constant_unit():
    network = fully_connected((1, 1, 1), ("tanh", "identity"))
    arrays = {"W1": [[0]], "b1": [1], "W2": [[3]], "b2": [0]}
    assert not find_slice(objective_of(network, arrays, [[1], [2]], [[0], [1]])).steps


def test_saturated_units_are_constant_on_each_sample_but_not_alike():
    network = fully_connected((1, 1, 1), (CLIP, "identity"))
    arrays = {"W1": [[9]], "b1": [0], "W2": [[3]], "b2": [0]}
    found = find_slice(objective_of(network, arrays, [[1], [-2]], [[0], [1]]))
    assert [step.kind for step in found.steps] == ["inactive"]
    assert found.frozen == {0, 1}


def test_another_point_may_have_another_slice():
    objective = kink_instance()
    dead = find_slice(objective, ExactArray.from_array([0, -1, 1, 0]))
    assert dead.frozen == {0, 1, 2}
    assert find_slice(objective).frozen == {0}


def test_open_pieces_are_counted():
    network = fully_connected((1, 1, 1, 1), ("tanh", "relu", "identity"))
    sure = {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": [3], "W3": [[1]], "b3": [0]}
    assert Shift(2, 0).kind in {
        step.kind for step in find_slice(objective_of(network, sure, [[1], [2]], [[0], [1]])).steps
    }
    open_ = sure | {"b2": [0]}  # tanh(0) = 0, which balls cannot tell
    steps = find_slice(objective_of(network, open_, [[0], [2]], [[0], [1]])).steps
    assert {step.kind for step in steps} == {"scaling"}
