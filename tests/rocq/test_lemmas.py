"""The lemmas: where they are, how a file takes them in, and that they assume nothing."""

import re
import shutil

import pytest

from exactcnn.errors import InputError
from exactcnn.rocq import lemmas
from exactcnn.rocq.lemmas import FILES, lemma_folder, lemma_text


def source(name):
    return (lemma_folder() / f"{name}.v").read_text()


def test_all_files_are_named_and_each_needs_earlier_ones_only():
    assert {path.stem for path in lemma_folder().glob("*.v")} == set(FILES)
    for number, name in enumerate(FILES):
        lines = re.findall(r"^From ExactCNN Require Import (.*)\.$", source(name), flags=re.MULTILINE)
        assert {each for line in lines for each in line.split()} <= set(FILES[:number])


@pytest.mark.parametrize("name", FILES)
def test_no_lemma_is_assumed(name):
    text = re.sub(r"\(\*.*?\*\)", "", source(name), flags=re.DOTALL)
    assert not re.search(r"\b(Axioms?|Parameter|Conjecture|Admitted|admit|Abort|Reals)\b", text)


def test_inline_text_requires_nothing_of_the_project():
    text = lemma_text(True)
    assert "From ExactCNN" not in text
    places = [text.index(f"\nModule {name}.") for name in FILES]
    assert places == sorted(places)
    assert "From ExactCNN Require Import Numbers" in lemma_text(False)


def test_missing_lemmas_are_one_line(monkeypatch, tmp_path):
    copy = tmp_path / "exactcnn" / "rocq" / "lemmas.py"
    copy.parent.mkdir(parents=True)
    shutil.copyfile(lemmas.__file__, copy)
    monkeypatch.setattr(lemmas, "__file__", str(copy))
    with pytest.raises(InputError, match="the lemmas for Rocq are missing"):
        lemma_folder()
