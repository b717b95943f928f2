"""The enumeration against a brute force without symmetry, and against networkx's isomorphism."""

import itertools
import math

import networkx as nx
import pytest

from exactcnn.errors import InputError
from exactcnn.searches.structures import PatchStructure, check_size, labelled_structures, patch_structures


def everything(neurons, size):
    """All structures, as sets of tuples, from the definition."""
    sets = list(itertools.combinations(range(neurons), size))
    for chosen in itertools.product([None, *range(math.factorial(size))], repeat=len(sets)):
        patches = [
            list(itertools.permutations(neurons_of))[order]
            for neurons_of, order in zip(sets, chosen, strict=True)
            if order is not None
        ]
        if patches:
            yield frozenset(patches)


def incidence(patches, neurons):
    """Neurons, patches and slots as coloured nodes; one node for each slot of each patch joins the three."""
    graph = nx.Graph()
    size = len(next(iter(patches)))
    graph.add_nodes_from((("neuron", j) for j in range(neurons)), colour="neuron")
    graph.add_nodes_from((("slot", s) for s in range(size)), colour="slot")
    for p, patch in enumerate(patches):
        graph.add_node(("patch", p), colour="patch")
        for s, neuron in enumerate(patch):
            graph.add_node(("place", p, s), colour="place")
            graph.add_edges_from((("place", p, s), end) for end in [("neuron", neuron), ("patch", p), ("slot", s)])
    return graph


def isomorphic(one, other, neurons):
    return nx.is_isomorphic(
        incidence(one, neurons),
        incidence(other, neurons),
        node_match=nx.isomorphism.categorical_node_match("colour", ""),
    )


def orbit(structure):
    """All structures of a class, by applying all permutations."""
    images = itertools.permutations(range(structure.neurons))
    orders = list(itertools.permutations(range(structure.patch_size)))
    return {
        frozenset(tuple(image[patch[s]] for s in order) for patch in structure.patches)
        for image in images
        for order in orders
    }


SMALL = [(n, size) for n in range(1, 4) for size in range(1, n + 1)]


@pytest.mark.parametrize(("neurons", "size"), [*SMALL, (4, 1), (4, 2), (4, 3), (4, 4)])
def test_the_classes_partition_everything(neurons, size):
    left = set(everything(neurons, size))
    assert len(left) == labelled_structures(neurons, size)
    for structure in patch_structures(neurons, size):
        members = orbit(structure)
        assert members <= left  # in particular no class twice
        left -= members
        assert structure.labelled == len(members)
        increasing = [member for member in members if all(list(patch) == sorted(patch) for patch in member)]
        assert structure.increasing == len(increasing)
        if increasing:
            assert frozenset(structure.patches) in increasing
        assert structure.covers == (len(set(itertools.chain(*structure.patches))) == neurons)
    assert not left


@pytest.mark.parametrize(("neurons", "size"), [(3, 2), (4, 2), (4, 3)])
def test_classes_are_networkx_classes(neurons, size):
    found = list(patch_structures(neurons, size))
    for one, other in itertools.combinations(found, 2):
        if len(one.patches) == len(other.patches):
            assert not isomorphic(one.patches, other.patches, neurons)
    for structure in found:
        for member in list(orbit(structure))[:3]:
            assert isomorphic(structure.patches, member, neurons)


def test_every_labelled_structure_of_three_neurons_has_its_networkx_class():
    found = list(patch_structures(3, 2))
    for member in everything(3, 2):
        assert sum(len(s.patches) == len(member) and isomorphic(s.patches, member, 3) for s in found) == 1


@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("increasing", [False, True])
def test_restrictions(most, increasing):
    whole = [s for s in patch_structures(4, 3) if len(s.patches) <= most and (s.increasing or not increasing)]
    assert list(patch_structures(4, 3, most_patches=most, increasing=increasing)) == whole
    count = labelled_structures(4, 3, most_patches=most, increasing=increasing)
    assert count == sum(s.increasing if increasing else s.labelled for s in whole)


def test_five_neurons():
    """Sums over classes against the count of all structures; codes of more than 63 bits for patches of four."""
    found = list(patch_structures(5, 2))
    assert len(found) == 341
    assert sum(s.labelled for s in found) == 3**10 - 1
    assert sum(s.increasing for s in found) == 2**10 - 1
    few = list(patch_structures(5, 4, most_patches=2))
    assert sum(s.labelled for s in few) == 5 * 24 + 10 * 24**2


def test_automorphisms_fix_the_structure():
    for structure in patch_structures(4, 2):
        group = list(structure.automorphisms())
        orders = list(itertools.permutations(range(2)))
        for image in itertools.permutations(range(4)):
            moved = {frozenset(tuple(image[p[s]] for s in order) for p in structure.patches) for order in orders}
            assert (image in group) == (frozenset(structure.patches) in moved)
        assert 24 % len(group) == 0


def test_too_large():
    with pytest.raises(InputError, match="9 neurons in patches of 2: 52254720 images of patches"):
        check_size(9, 2)
    with pytest.raises(InputError, match=r"6 neurons in patches of 3: at least 1.8e\+13 classes"):
        next(patch_structures(6, 3))
    check_size(6, 3, most_patches=4)
    check_size(20, 20)
    assert [s.labelled for s in patch_structures(7, 7)] == [5040]


def test_one_neuron():
    assert list(patch_structures(1, 1)) == [PatchStructure(1, ((0,),), 1, 1)]
