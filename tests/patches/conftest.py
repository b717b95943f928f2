"""A second, slow implementation: full weight matrices from the definition, and evidence checked from its document."""

import itertools
import json
import random
from math import prod

import flint
import numpy as np
import pytest


def definition(patches, neurons, weights):
    """U entry by entry: column p T + t holds W[s, t] at row E_p(s)."""
    filters = len(weights[0])
    matrix = [[0] * (len(patches) * filters) for _ in range(neurons)]
    for p, patch in enumerate(patches):
        for s, neuron in enumerate(patch):
            for t in range(filters):
                if neuron >= 0:
                    matrix[neuron][p * filters + t] = weights[s][t]
    return matrix


def rank_modulo(matrix, modulus):
    if not matrix or not matrix[0]:
        return 0
    return flint.nmod_mat(
        len(matrix), len(matrix[0]), [int(x) % modulus for row in matrix for x in row], modulus
    ).rank()


def truth(patches, neurons, filters, seed=0):
    """Generic rank up to a probability of about 2^-50: one draw modulo a prime of 61 bits."""
    draw = random.Random(seed)
    prime = 2**61 - 1
    weights = [[draw.randrange(prime) for _ in range(filters)] for _ in patches[0]]
    return rank_modulo(definition(patches, neurons, weights), prime)


def check(patches, neurons, filters, rank):
    """Verify both bounds of a generic rank from the documents of their evidence; raises AssertionError."""
    lower, upper = (json.loads(json.dumps(part.document())) for part in (rank.lower_evidence, rank.upper_evidence))
    check_lower(patches, neurons, filters, rank.lower, lower)
    check_upper(patches, neurons, filters, rank.upper, upper)
    full = min(neurons, filters * len(patches))
    assert 0 <= rank.lower <= rank.upper <= full
    assert rank.full is (True if rank.lower == full else False if rank.upper < full else None)


def check_lower(patches, neurons, filters, lower, document):
    if document["kind"] == "delta-filters":
        assert len(document["slots"]) == filters
        met = {patch[s] for patch in patches for s in document["slots"]} - {-1}
        assert lower == len(met)
        return
    assert document["kind"] == "modular-witness"
    flat = [int(w) for w in document["weights"]]
    weights = [flat[s * filters : (s + 1) * filters] for s in range(len(patches[0]))]
    matrix = definition(patches, neurons, weights)
    minor = [[matrix[i][j] for j in document["columns"]] for i in document["rows"]]
    assert len(minor) == len(set(document["rows"])) == len(set(document["columns"])) == lower
    assert rank_modulo(minor, int(document["modulus"])) == lower


def check_upper(patches, neurons, filters, upper, document):
    width = filters * len(patches)
    if document["kind"] == "shape":
        assert upper == min(neurons, width)
    elif document["kind"] == "cover":
        rows, columns = set(document["neurons"]), set(document["patches"])
        assert upper == len(rows) + filters * len(columns)
        assert all(set(patch) <= rows | {-1} for p, patch in enumerate(patches) if p not in columns)
    elif document["kind"] == "lifting":
        assert upper == width - len(document["polynomial"]) + 1
        check_lifting(patches, neurons, filters, document)
    else:
        vectors = polynomial_vectors(patches, filters, document)
        assert upper == width - len(vectors)
        for vector in vectors:
            assert annihilated(patches, filters, vector)
        modulus = int(document["modulus"])
        flat = [int(w) for w in document["weights"]]
        rows = []
        for vector in vectors:
            row = [0] * width
            for h, terms in vector.items():
                row[h] = sum(c * prod(flat[v] for v in monomial) for monomial, c in terms.items())
            rows.append(row)
        assert rank_modulo(rows, modulus) == len(vectors)


def check_lifting(patches, neurons, filters, document):
    """Lift to weights modulo p^4 with the same residues, by Newton's method on matrices; multiply out U h.

    An element of the algebra is the matrix of its multiplication; y is the companion matrix of the polynomial.
    """
    p, grid, rows, offsets = int(document["modulus"]), document["grid"], document["rows"], document["offsets"]
    *low, leading = [int(c) for c in document["polynomial"]]
    assert leading == 1
    k, d = len(low), len(grid)
    y = np.eye(k, k=1, dtype=object)
    y[-1] = [-c for c in low]
    y_powers = [np.eye(k, dtype=object)]
    for _ in range(k - 1):
        y_powers.append(y_powers[-1] @ y)
    draw = random.Random(0)
    weights = [int(w) + p * draw.randrange(p) for w in document["weights"]]
    weights = [weights[s * filters : (s + 1) * filters] for s in range(len(rows))]
    modulus = p**4

    def element(coefficients):
        return sum(int(c) * power for c, power in zip(coefficients, y_powers, strict=True))

    def monomial(z, exponents):
        result = np.eye(k, dtype=object)
        for matrix, exponent in zip(z, exponents, strict=True):
            for _ in range(exponent):
                result = result @ matrix % modulus
        return result

    def equations(x):
        """First rows of the f_r: their coefficients."""
        values = [np.zeros(k, dtype=object) for _ in range(max(rows) + 1)]
        for s, r in enumerate(rows):
            largest = np.max([o for o, row in zip(offsets, rows, strict=True) if row == r], axis=0)
            factor = monomial(x[:d], largest - offsets[s])
            values[r] = values[r] + sum(w * (factor @ v)[0] for w, v in zip(weights[s], x[d:], strict=True))
        return np.concatenate(values) % modulus

    x = [element(c) for c in (*document["shifts"], *document["filters"])]
    assert not (equations(x) % p).any()
    steps = [(i, power) for i in range(len(x)) for power in y_powers]

    def moved(x, step, size):
        return [(matrix + size * step[1]) % modulus if i == step[0] else matrix for i, matrix in enumerate(x)]

    for i in (1, 2, 3):  # modulo p^i the derivative along a step is the difference quotient for the size p^i
        before = equations(x)
        jacobian = np.array([(equations(moved(x, step, p**i)) - before) % modulus // p**i % p for step in steps])
        assert rank_modulo(jacobian.tolist(), p) == len(before)
        solution = solve_modulo(jacobian.T.tolist(), (-before // p**i).tolist(), p)
        for step, size in zip(steps, solution, strict=True):
            x = moved(x, step, p**i * size)
        assert not (equations(x) % p ** (i + 1)).any()
    vectors = np.zeros((k, len(patches) * filters), dtype=object)
    for p_, position in enumerate(itertools.product(*map(range, grid))):
        for t in range(filters):
            vectors[:, p_ * filters + t] = (monomial(x[:d], position) @ x[d + t])[0] % modulus
    assert rank_modulo(vectors.tolist(), p) == k
    assert not (np.array(definition(patches, neurons, weights), dtype=object) @ vectors.T % modulus).any()


def solve_modulo(matrix, right, modulus):
    """Return some solution of a system with independent rows."""
    rows, pivots = [[*row, value] for row, value in zip(matrix, right, strict=True)], []
    for i, row in enumerate(rows):
        pivot = next(j for j, value in enumerate(row) if value % modulus)
        pivots.append(pivot)
        inverse = pow(row[pivot], -1, modulus)
        rows[i] = row = [value * inverse % modulus for value in row]
        for other in range(len(rows)):
            if other != i:
                factor = rows[other][pivot]
                rows[other] = [(a - factor * b) % modulus for a, b in zip(rows[other], row, strict=True)]
    solution = [0] * len(matrix[0])
    for pivot, row in zip(pivots, rows, strict=True):
        solution[pivot] = row[-1]
    return solution


def annihilated(patches, filters, vector):
    """U(w) h(w) = 0 by expanding every row."""
    total = {}
    for h, terms in vector.items():
        p, t = divmod(h, filters)
        for s, neuron in enumerate(patches[p]):
            for monomial, c in terms.items() if neuron >= 0 else ():
                key = neuron, tuple(sorted((*monomial, s * filters + t)))
                total[key] = total.get(key, 0) + c
    return not any(total.values())


def polynomial_vectors(patches, filters, document):
    if document["kind"] == "syzygies":
        return [{h: {tuple(m): int(c) for m, c in terms} for h, terms in vector} for vector in document["vectors"]]
    assert document["kind"] == "determinantal"
    return [determinant_vector(patches, filters, document, entry) for entry in document["vectors"]]


def determinant_vector(patches, filters, document, entry):
    """Expand the determinants by the Leibniz formula, with polynomials in the weights as coefficients."""
    grid, rows, offsets = document["grid"], document["rows"], document["offsets"]
    order = max(rows) + 1
    place = {position: p for p, position in enumerate(itertools.product(*map(range, grid)))}
    assert len(place) == len(patches)
    table = {}
    for position, p in place.items():
        for s, neuron in enumerate(patches[p]):
            key = rows[s], *(a + b for a, b in zip(position, offsets[s], strict=True))
            assert table.setdefault(key, neuron) == neuron
    chosen, shift = entry["filters"], entry["shift"]
    assert len(chosen) == order + 1
    vector = {}
    for i, t in enumerate(chosen):
        others = chosen[:i] + chosen[i + 1 :]
        for arrangement in itertools.permutations(range(order)):
            sign = (-1) ** i * prod(-1 for a, b in itertools.combinations(arrangement, 2) if a > b)
            for slots in itertools.product(*([s for s, r in enumerate(rows) if r == row] for row in range(order))):
                position = tuple(a + sum(offsets[s][x] for s in slots) for x, a in enumerate(shift))
                monomial = tuple(sorted(s * filters + others[arrangement[r]] for r, s in enumerate(slots)))
                terms = vector.setdefault(place[position] * filters + t, {})  # KeyError: off the grid
                terms[monomial] = terms.get(monomial, 0) + sign
    return vector


@pytest.fixture(scope="session")
def check_rank():
    return check


@pytest.fixture(scope="session")
def true_rank():
    return truth


@pytest.fixture(scope="session")
def full_matrix():
    return definition


@pytest.fixture(scope="session")
def kills():
    return annihilated


@pytest.fixture(scope="session")
def modular_rank():
    return rank_modulo


@pytest.fixture(scope="session")
def check_upper_bound():
    return check_upper
