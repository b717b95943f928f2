"""Section 2 in Rocq: what is stated of patches, its tests against the definitions, and violations that are none."""

import random

import pytest

from exactcnn.rocq.kernel import replay
from exactcnn.rocq.lemmas import lemma_text
from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.patches import patch_structure
from tests.rocq.examples import booleans, computed, evidence_document, integers, library, listing, needs_coqc

UNCOVERED = {"kind": "uncovered", "neurons": [2, 4]}
IDENTICAL = {"kind": "identical", "patches": [3, 1]}
PADDING = {"kind": "padding", "patches": [0]}
PATCHES = [[-1, 0], [1, 3], [0, 1], [3, 1]]  # of 5 neurons


def written(violation, patches=PATCHES):
    given = evidence_document("patch-structure")
    given["instance"] |= {"input_width": 5, "samples": None}
    given["instance"]["layers"][0]["patches"] = patches
    claim = given["claims"][0] | {"holds": violation is None, "violation": violation}
    (found,) = patch_structure(RocqInstance(given), claim, "c")
    return found


def accepted(*found):
    named = [f"Module M{i}.\n{each.text()}End M{i}.\nPrint Assumptions M{i}.c.\n" for i, each in enumerate(found)]
    text = f"{lemma_text(False)}Import ListNotations.\n{''.join(named)}"
    return replay(text, named, library=library()).accepted


def test_statements():
    assert written(None).statement == "satisfies_section_2 5 c_patches"
    never = "~ satisfies_section_2 5 c_patches"
    uncovered, identical, padding = map(written, (UNCOVERED, IDENTICAL, PADDING))
    assert uncovered.statement == f"Forall (is_uncovered 5 c_patches) [2; 4]%nat /\\ {never}"
    assert identical.statement == f"are_identical c_patches 3 1 /\\ {never}"
    assert padding.statement == f"Forall (has_padding c_patches) [0]%nat /\\ {never}"
    assert "[[(-1); 0]; [1; 3]; [0; 1]; [3; 1]]%Z" in padding.witness


@needs_coqc
def test_violations_are_proved():
    assert accepted(*map(written, (UNCOVERED, IDENTICAL, PADDING)))
    assert accepted(written(None, [[0, 1], [1, 2], [2, 0], [3, 4]]))


@needs_coqc
@pytest.mark.parametrize(
    "violation",
    [
        UNCOVERED | {"neurons": [2, 3]},  # 3 is in a patch
        UNCOVERED | {"neurons": [5]},  # no neuron
        UNCOVERED | {"neurons": []},
        IDENTICAL | {"patches": [2, 1]},
        IDENTICAL | {"patches": [1, 1]},
        IDENTICAL | {"patches": [4, 5]},  # no patches
        PADDING | {"patches": [0, 1]},
        PADDING | {"patches": []},
        PADDING | {"patches": [4]},
        None,
    ],
    ids=str,
)
def test_violations_that_are_none_are_rejected(violation):
    assert not accepted(written(violation))


def satisfies(n, patches):
    return (
        all(0 <= i < n for patch in patches for i in patch)
        and all(len(set(patch)) == len(patch) for patch in patches)
        and set(range(n)) <= {i for patch in patches for i in patch}
        and len({frozenset(patch) for patch in patches}) == len(patches)
    )


ALONE = [  # each violates one condition alone, of 3 neurons
    [[0, 1], [1, 2], [-1, 1]],
    [[0, 1], [1, 3], [2, 0]],
    [[0, 1], [1, 1], [2, 0]],
    [[0, 1], [1]],
    [[0, 1, 2], [2, 1, 0]],
]


@needs_coqc
def test_the_test_is_the_definition():
    draw = random.Random(0)
    cases = [
        [draw.sample(range(-1 + draw.randrange(2), 3), 2) for _ in range(draw.randrange(1, 5))] for _ in range(200)
    ]
    truths = [satisfies(3, patches) for patches in cases]
    assert 20 < sum(truths) < 180
    assert not any(satisfies(3, patches) for patches in ALONE)
    given = listing(listing(map(integers, patches)) for patches in [*cases, *ALONE])
    assert computed("Patches", tests=(f"map (section_2_test 3) {given}", booleans([*truths, *(False for _ in ALONE)])))


def covers(patches, neurons, chosen):
    return all(i < 0 or i in neurons for p, patch in enumerate(patches) if p not in chosen for i in patch)


@needs_coqc
def test_covers():
    draw, tests, truths = random.Random(1), [], []
    for _ in range(200):
        patches = [draw.sample(range(-1, 4), 2) for _ in range(3)]
        neurons, chosen = draw.sample(range(4), draw.randrange(5)), draw.sample(range(3), draw.randrange(3))
        own = listing(map(integers, patches))
        tests.append(f"is_cover {own} {listing(map(str, neurons))}%nat {listing(map(str, chosen))}%nat")
        truths.append(covers(patches, neurons, chosen))
    assert 20 < sum(truths) < 180
    assert computed("Patches", tests=(listing(tests), booleans(truths)))
