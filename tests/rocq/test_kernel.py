"""What Rocq itself says: it proves what is exported, and rejects a witness or an instance with one digit changed."""

from pathlib import Path

import pytest

from exactcnn.errors import InputError
from exactcnn.rocq.kernel import coqc, replay, together
from exactcnn.rocq.lemmas import all_theorems, lemma_text
from tests.rocq.examples import evidence, file, library, needs_coqc

KINDS = [  # of evidence, in the order of the lemmas
    ("gaps_activations.polynomial_units", 0),  # a minor, relations between rows
    ("gaps_biases.relu_without_biases", 0),  # a minor, relations between columns
    ("gaps_relu.live_units", 0),  # equal lines
    ("independence.triangular_minor", 0),  # a triangular minor of ReLU layers and max-pooling
    ("gaps_biases.more_filters_repair", 0),  # exponentials
    ("gaps_biases.sigmoid_without_biases", 0),  # relations between them
    ("gaps_biases.one_bias_per_neuron_repairs", 0),  # a triangular minor of them
    ("gaps_patches.smallest_deficient_structures", 0),  # a polynomial null vector
    ("critical_points.point_in_s", 0),  # weights
    ("gallery.linear_cnn_3", 0),  # a strict minimum on a slice, a better point
    ("gallery.baldi_hornik", 0),  # a saddle
    ("nondegenerate.one_unit_fewer", 2),  # a strict minimum by all coordinates
]
EVIDENCE = [
    "generic-rank-modular-witness-cover",
    "patch-structure",
    "critical-point-mean-targets",
    "critical-point-entry",
    "rank-none-relations",
]


@needs_coqc
def test_every_kind_is_proved_without_axioms():
    files = [*(file(*each) for each in KINDS), *map(evidence, EVIDENCE)]
    said = replay(*together(files), library=library())
    assert said.accepted, said.message
    assert said.message == f"Rocq accepts {sum(len(each.theorems) for each in files)} theorems, without axioms"


@needs_coqc
def test_a_file_stands_alone():
    found = file("gallery.linear_cnn_3")
    assert replay(found.text(), found.theorems).accepted


CHANGES = [  # one digit of a witness, of the instance, or of a statement
    ("gaps_activations.polynomial_units", 0, "[1; (-3); 3]", "[1; (-3); 4]"),
    ("gaps_activations.polynomial_units", 0, "claim_0_below_rows : list nat :=\n  [0; 1; 2]", None),
    ("gaps_activations.polynomial_units", 0, "rank_from_below F_1 3", "rank_from_below F_1 4"),
    ("gaps_activations.polynomial_units", 0, "rank_from_above F_1 3", "rank_from_above F_1 2"),
    ("gaps_activations.polynomial_units", 0, "[[0]; [1]; [2]; [3]]", "[[0]; [1]; [2]; [4]]"),
    ("gaps_patches.smallest_deficient_structures", 0, "([0]%nat, 1%Q)", "([0]%nat, 2%Q)"),
    ("gallery.linear_cnn_3", 0, "== (1 # 2)", "== (1 # 3)"),
    ("gallery.linear_cnn_3", 0, "[[0; 1; 0; 0]; [0; 0; 1; 0]", "[[0; 1; 0; 0]; [0; 1; 0; 0]"),
    ("gallery.linear_cnn_3", 0, "is_strict_minimum point ", "is_strict_maximum point "),
]


@needs_coqc
@pytest.mark.parametrize(("check", "number", "old", "new"), CHANGES, ids=str)
def test_one_digit_changed_is_rejected(check, number, old, new):
    found = file(check, number)
    text = found.text(inline=False)
    new = old.replace("[0; 1; 2]", "[0; 1; 1]") if new is None else new
    assert old in text
    said = replay(text.replace(old, new, 1), found.theorems, library=library())
    assert not said.accepted
    assert "\n" not in said.message


CHANGED_EVIDENCE = [
    ("generic-rank-modular-witness-cover", "neurons : list nat :=\n  [0; 1; 2]", "neurons : list nat :=\n  [0; 1; 3]"),
    ("generic-rank-modular-witness-cover", "patches : list nat :=\n  [2; 3]", "patches : list nat :=\n  [2; 1]"),
    ("generic-rank-modular-witness-cover", "rank_from_above (claim_0_U w) 5", "rank_from_above (claim_0_U w) 4"),
    ("patch-structure", "claim_0_patches : list (list Z) :=\n  [[0; 1]; [1; 2]]", None),
    ("patch-structure", "satisfies_section_2 3", "satisfies_section_2 4"),
    ("critical-point-mean-targets", "[4; 2]", "[6; 2]"),  # of the same loss, and no longer the mean
]


@needs_coqc
@pytest.mark.parametrize(("name", "old", "new"), CHANGED_EVIDENCE, ids=str)
def test_one_digit_of_an_elementary_claim_changed_is_rejected(name, old, new):
    found = evidence(name)
    text = found.text(inline=False)
    new = old.replace("[1; 2]", "[1; 1]") if new is None else new
    assert old in text
    assert not replay(text.replace(old, new), found.theorems, library=library()).accepted


@needs_coqc
def test_the_lemmas_themselves_are_closed():
    text, names = all_theorems()
    assert {
        "Agreement.bounds_agree",
        "RationalRanks.rank_by_minor",
        "Minima.minimum_on_box",
        "Names.names_independent",
    } <= set(names)
    said = replay(text, names, library=library())
    assert said.accepted, said.message
    assert f"{len(names)} theorems" in said.message


@needs_coqc
def test_an_axiom_is_noticed():
    proof = "Theorem a : 1 = 2. Proof. destruct cheat. Qed.\nPrint Assumptions a.\n"
    said = replay(f"{lemma_text(False)}Axiom cheat : False.\n{proof}", ["a"], library=library())
    assert (said.accepted, said.message) == (False, "not all theorems are closed: Axioms:")


@needs_coqc
def test_a_theorem_whose_assumptions_are_not_printed_is_noticed():
    said = replay("Theorem a : True. Proof. exact I. Qed.\n", ["a"])
    assert (said.accepted, said.message) == (False, "not all theorems are closed: Print Assumptions is missing")


def test_without_coqc_there_is_a_hint(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(InputError, match="coqc is not found; expected Rocq's compiler `coqc`, of Debian's package coq"):
        coqc()


def test_files_together_are_modules_of_one():
    text, names = together([file("gallery.linear_cnn_3"), file("gallery.baldi_hornik")])
    assert text.count("\nModule File_") == text.count("\nEnd File_") == 2
    assert names[0] == "File_0.claim_0_critical"
    assert names[-1].startswith("File_1.")


@needs_coqc
def test_there_is_a_field_with_a_transcendental_element():
    text = Path(__file__).with_name("transcendental.v").read_text()
    name = "a_field_with_a_transcendental"
    said = replay(f"{text}Print Assumptions {name}.\n", [name], library=library())
    assert said.accepted, said.message
