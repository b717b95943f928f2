"""Searches against brute force without symmetry: every labelled structure, every set of samples."""

import itertools
import json
import random
from fractions import Fraction

import flint
import pytest

from exactcnn.errors import InputError
from exactcnn.searches.cases import Case, Search, cases, decide, structure_count, structures
from exactcnn.searches.structures import PatchStructure

PRIME = 2**61 - 1


def labelled(neurons, sizes=None):
    """Every structure that covers, whatever its symmetries, from the definition."""
    for size in sizes or range(1, neurons + 1):
        choices = [[None, *itertools.permutations(s)] for s in itertools.combinations(range(neurons), size)]
        for chosen in itertools.product(*choices):
            patches = [patch for patch in chosen if patch]
            if patches and set(itertools.chain(*patches)) == set(range(neurons)):
                yield patches


def rank(rows):
    return flint.nmod_mat(len(rows), len(rows[0]), [value for row in rows for value in row], PRIME).rank()


def largest_rank(patches, neurons, filters, draw):
    """Rank of U at random filters modulo a prime of 61 bits."""
    weights = [[draw.randrange(PRIME) for _ in range(filters)] for _ in patches[0]]
    matrix = [[0] * (len(patches) * filters) for _ in range(neurons)]
    for p, patch in enumerate(patches):
        for s, neuron in enumerate(patch):
            for t in range(filters):
                matrix[neuron][p * filters + t] = weights[s][t]
    return rank(matrix)


def failing(neurons):
    """All (T, structure) such that U has no full rank."""
    draw = random.Random(0)
    return [
        (filters, patches)
        for patches in labelled(neurons)
        for filters in range(1, len(patches[0]) + 1)
        if largest_rank(patches, neurons, filters, draw) < min(neurons, len(patches) * filters)
    ]


def outcomes(search, neurons):
    return [decide(search, case) for s in structures(search, neurons) for case in cases(search, s)]


@pytest.mark.parametrize("neurons", [1, 2, 3])
def test_nothing_fails_for_three_neurons(neurons):
    assert failing(neurons) == []
    decisions = outcomes(Search(), neurons)
    assert {decision.outcome for decision in decisions} == {"holds"}
    assert all(decision.certificate.claims[-1].document()["kind"] == "generic-rank" for decision in decisions)


def test_four_neurons():
    expected = failing(4)
    found = [decision.case for decision in outcomes(Search(), 4) if decision.outcome == "fails"]
    assert [(case.filters, case.structure.labelled, case.structure.increasing) for case in found] == [
        (1, 12, 1),
        (1, 6, 1),
        (2, 36, 3),
    ]
    assert len(expected) == sum(case.structure.labelled for case in found) == 54
    increasing = [(t, patches) for t, patches in expected if all(list(p) == sorted(p) for p in patches)]
    assert sorted(increasing) == [
        (1, [(0, 1), (0, 2), (1, 3), (2, 3)]),
        (1, [(0, 2), (0, 3), (1, 2), (1, 3)]),
        (2, [(0, 1, 2), (0, 1, 3)]),
        (2, [(0, 1, 3), (0, 2, 3)]),
        (2, [(0, 2, 3), (1, 2, 3)]),
    ]


def test_increasing_orders_only():
    search = Search(increasing=True)
    found = [decision for decision in outcomes(search, 4) if decision.outcome == "fails"]
    assert sum(decision.case.structure.increasing for decision in found) == 5
    assert structure_count(search, 4) == 2**4 - 1 + 2**6 - 1 + 2**4 - 1 + 1


def test_counts_of_structures():
    for neurons in (1, 2, 3, 4):
        found = list(structures(Search(), neurons))
        assert sum(s.labelled for s in found) == structure_count(Search(), neurons)
        assert sum(s.labelled for s in found if s.covers) == sum(1 for _ in labelled(neurons))


def free_rank(patches, samples, filters):
    """Largest rank of F_1 if every filter were an arbitrary function of the patch, not only a sigmoid unit."""
    draw = random.Random(repr((patches, samples, filters)))
    values = {}

    def unit(seen, t):
        return values.setdefault((seen, t), draw.randrange(PRIME))

    return rank([[unit(tuple(x[j] for j in patch), t) for patch in patches for t in range(filters)] for x in samples])


def separated(patches, samples):
    """Assumption 3.1 from the definition."""
    seen = [{tuple(x[j] for j in patch) for patch in patches} for x in samples]
    return all(not one & other for one, other in itertools.combinations(seen, 2))


def class_of(patches, samples, neurons):
    """Smallest image of patches and samples under permutations of the neurons and of the slots."""
    slots = list(itertools.permutations(range(len(patches[0]))))
    images = []
    for image in itertools.permutations(range(neurons)):
        inverse = sorted(range(neurons), key=image.__getitem__)
        moved = tuple(sorted(tuple(x[j] for j in inverse) for x in samples))
        images += [(tuple(sorted(tuple(image[p[s]] for s in order) for p in patches)), moved) for order in slots]
    return min(images)


@pytest.mark.parametrize(("neurons", "most"), [(1, 3), (2, 3), (3, 3)])
def test_tied_biases_against_brute_force(neurons, most):
    expected = {"holds": set(), "fails": set()}
    for patches in labelled(neurons):
        for count in range(2, most + 1):
            for samples in itertools.combinations(itertools.product((0, 1), repeat=neurons), count):
                if separated(patches, samples):
                    for filters in range(1, count):
                        if len(patches) * filters >= count:
                            outcome = "holds" if free_rank(patches, samples, filters) == count else "fails"
                            expected[outcome].add((filters, class_of(patches, samples, neurons)))
    search = Search("tied-biases", neurons=neurons, most_samples=most)
    found = {"holds": [], "fails": []}
    for decision in outcomes(search, neurons):
        case = decision.case
        found[decision.outcome].append((case.filters, class_of(case.structure.patches, case.samples, neurons)))
    for outcome, instances in found.items():
        assert len(instances) == len(set(instances))
        assert set(instances) == expected[outcome]
    assert bool(found["fails"]) == (neurons > 1)


def test_the_smallest_case_of_tied_biases():
    search = Search("tied-biases", neurons=2)
    [decision] = outcomes(search, 2)
    assert decision.outcome == "fails"
    assert decision.case.structure.patches == ((0,), (1,))
    assert decision.case.samples == ((0, 0), (1, 1))
    last = [claim.document() for claim in decision.certificate.claims[-2:]]
    assert "rank-bound" in [claim.get("by") for claim in last]


def test_a_failing_subset_of_the_samples_decides():
    structure = PatchStructure(3, ((0, 1), (0, 2), (1, 2)), 1, 1)
    samples = ((0, 0, 0), (0, 1, 2), (1, 1, 1))
    search = Search("tied-biases", neurons=3, most_samples=3, grid=(Fraction(0), Fraction(1), Fraction(2)))
    case = Case(structure, 1, tuple(tuple(map(Fraction, sample)) for sample in samples))
    decision = decide(search, case)
    assert decision.outcome == "fails"
    assert decision.reason.startswith("already for samples 0, 2: ")
    assert decision.certificate.instance.count == 2


def test_undecided_is_said():
    """(1, -2, 1) F = 0 for a sigmoid without biases at -1, 0, 1: true, but no claim of the certificate says so."""
    search = Search(
        "no-biases", neurons=1, most_filters=3, most_samples=3, grid=(Fraction(-1), Fraction(0), Fraction(1))
    )
    decisions = outcomes(search, 1)
    assert [decision.outcome for decision in decisions if len(decision.case.samples) == 3] == ["undecided"]


def test_cases_meet_the_hypotheses():
    search = Search("tied-biases", neurons=3, most_samples=3)
    for structure in structures(search, 3):
        for case in cases(search, structure):
            assert structure.covers
            assert separated(structure.patches, case.samples)
            assert len(structure.patches) * case.filters >= len(case.samples) > case.filters


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"conclusion": "rank"}, "conclusion = 'rank'; expected one of full-weight-matrix, tied-biases, no-biases"),
        ({"neurons": 0}, "neurons = 0; expected a positive integer"),
        ({"neurons": 21}, "neurons = 21; expected at most 20"),
        ({"patch_size": 5}, "patch_size = 5; expected at most neurons = 4"),
        ({"most_filters": -1}, "most_filters = -1; expected a positive integer"),
        ({"most_samples": 2}, "samples and grid say nothing for 'full-weight-matrix'; expected neither"),
        ({"conclusion": "tied-biases", "most_samples": 1}, "most_samples = 1; expected at least 2"),
        ({"conclusion": "tied-biases", "grid": (Fraction(1), Fraction(1))}, "a grid of 1 values gives 1^4 samples"),
        ({"conclusion": "no-biases", "grid": tuple(map(Fraction, range(9)))}, "a grid of 9 values gives 9^4 samples"),
        ({"neurons": 6}, "6 neurons in patches of 3: at least"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(InputError) as error:
        Search(**options)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_restrictions_are_named():
    assert Search(neurons=3, seed=4).restrictions() == {}
    assert Search(most_filters=1).restrictions() == {"most_filters": 1}
    assert json.loads(json.dumps(Search("tied-biases").document()))["grid"] == ["0", "1"]
