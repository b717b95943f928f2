"""The lemmas: where they are, how a file takes them in, and that they assume nothing."""

import re
import shutil
from pathlib import Path

import pytest
from flint import fmpq_series

from exactcnn.errors import InputError
from exactcnn.rocq import lemmas
from exactcnn.rocq.kernel import replay
from exactcnn.rocq.lemmas import FILES, THEORY, lemma_folder, lemma_text, theorems
from tests.rocq.examples import computed, integers, library, needs_coqc

PAGES = Path(__file__).parents[2] / "docs" / "explanation"


def source(name):
    return (lemma_folder() / f"{name}.v").read_text()


def test_all_files_are_named_and_each_needs_earlier_ones_only():
    files = (*FILES, *THEORY)
    assert sorted(path.stem for path in lemma_folder().glob("*.v")) == sorted(files)
    for number, name in enumerate(files):
        lines = re.findall(r"^From ExactCNN Require (?:Import )?(.*)\.$", source(name), flags=re.MULTILINE)
        assert {each for line in lines for each in line.split()} <= set(files[:number])


@pytest.mark.parametrize("name", FILES + THEORY)
def test_no_lemma_is_assumed(name):
    text = re.sub(r"\(\*.*?\*\)", "", source(name), flags=re.DOTALL)
    assert not re.search(r"\b(Axioms?|Parameter|Conjecture|Admitted|admit|Abort|Reals)\b", text)


def test_inline_text_requires_nothing_of_the_project():
    text = lemma_text(True)
    assert "From ExactCNN" not in text
    places = [text.index(f"\nModule {name}.") for name in FILES]
    assert places == sorted(places)
    assert "From ExactCNN Require Import Numbers" in lemma_text(False)
    assert not any(f"Module {name}." in text for name in THEORY)


def test_pages_name_the_theorems_that_rocq_proves():
    claimed = {}
    for page in PAGES.glob("*.md"):
        for paragraph in re.findall(r"^\*\*In Rocq\.\*\* (.*(?:\n.+)*)", page.read_text(), flags=re.MULTILINE):
            _, *parts = re.split(r"`proofs/rocq/(\w+)\.v`", paragraph)
            for name, words in zip(parts[::2], parts[1::2], strict=True):
                claimed[name] = re.findall(r"`(\w+)`", words)
                assert f"docs/explanation/{page.name}" in source(name)
    assert claimed == {name: theorems(name) for name in THEORY}


@needs_coqc
def test_powers_and_residues_are_those_of_the_checkers():
    p, q, r = 1019, 509, 4
    half, two_thirds = (pow(r, a * pow(b, -1, q), p) for a, b in ((1, 2), (2, 3)))
    quotient = "Inverse (Plus (Rational (1 # 3)) (Exponential (-1)))"
    image = pow(pow(3, -1, p) + pow(half, -1, p), -1, p)
    powers = integers([half, pow(half, -1, p), two_thirds, two_thirds, 1])
    assert computed(
        "SafePrimes Transfer",
        powers=(f"map (rho {p} {q} {r}) [1 # 2; -1 # 2; 2 # 3; 4 # 6; 509]%Q", powers),
        quotient=(f"match residue {p} {q} {r} 2 ({quotient}) with Some a => a mod {p} | None => -1 end", image),
        zero=(f"residue {p} {q} {r} 2 (Inverse (Plus (Rational (-{half} # 1)) (Exponential 1)))", None),
        denominator=(f"residue {p} {q} {r} 2 (Rational (1 # {p}))", None),
    )
    assert not computed("SafePrimes", wrong=(f"rho {p} {q} {r} (1 # 2)", half + 1))


@needs_coqc
def test_names_have_the_coefficients_of_their_power_series():
    series = fmpq_series([1], 12) / fmpq_series([1, 0, 0, 1], 12)
    exponents = "(map (fun n => Z.of_nat n - 2) (seq 0 14))"
    assert computed(
        "Names",
        sigmoid=(f"map (coefficient (Sigmoid 3)) {exponents}", integers([0, 0, *(int(series[n]) for n in range(12))])),
        power=(f"map (coefficient (Power (-1))) {exponents}", integers([0, 1, *(12 * [0])])),
    )


@needs_coqc
def test_lifting_bounds_the_rank_of_the_example_of_its_page():
    text = (Path(__file__).parent / "lifting.v").read_text()

    def proved(old="", new=""):
        assert old in text
        return replay(
            text.replace(old, new), ["rank_is_at_most_five", "rank_is_at_most_two"], library=library()
        ).accepted

    assert proved()
    assert not proved("[0; 1]; [1; 9]", "[0; 2]; [1; 9]")  # no zero modulo 11
    assert not proved("[3; 0; 5]", "[3; 0; 4]")  # no right inverse
    assert not proved("[5; 2; 1]", "[5; 0; 0]")  # a zero, but the kernel vector is 0
    assert not proved("0, [1] => Some 0 | ", "0, [1] => Some 0 | 0, [0] => Some 0 | ")  # a key that one slot lacks
    assert not proved("i_squared : list Z := [1; 0]", "i_squared : list Z := [1]")  # y is a number: one vector
    assert not proved("r + 1 <= 6", "r + 2 <= 6")


def test_missing_lemmas_are_one_line(monkeypatch, tmp_path):
    copy = tmp_path / "exactcnn" / "rocq" / "lemmas.py"
    copy.parent.mkdir(parents=True)
    shutil.copyfile(lemmas.__file__, copy)
    monkeypatch.setattr(lemmas, "__file__", str(copy))
    with pytest.raises(InputError, match="the lemmas for Rocq are missing"):
        lemma_folder()
