"""Checks of the gallery: each names its piece, and says whether what comes out is a counterexample."""

from dataclasses import replace

import pytest

from exactcnn.gallery.registry import pieces
from exactcnn.proofs.checks import gallery

BY_ID = {piece.id: piece for piece in pieces()}


def test_every_piece_has_its_check():
    for name, piece in BY_ID.items():
        if name == "xor-stuck":
            continue  # decides nothing: its page has no check
        check = getattr(gallery, name.replace("-", "_"))
        assert check.__doc__.startswith(piece.title.partition(",")[0][:20])


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("swirszcz_1", "refuted"),  # a minimum that is not global
        ("kawaguchi_3", "proved"),  # no minimum: nothing is refuted
        ("xor_solved", "proved"),
        ("zero_derivative", "refuted"),  # a gap of a theorem
        ("convolutional_regression", "proved"),
    ],
)
def test_what_counts_as_a_counterexample(name, status):
    found = getattr(gallery, name)()
    assert found.status == status
    assert found.checked is True


def test_a_broken_promise_decides_nothing(monkeypatch):
    wrong = replace(BY_ID["kink"], loss="12")
    monkeypatch.setattr(gallery, "select", lambda _: (wrong,))
    found = gallery.kink()
    assert found.status == "undecided"
    assert "loss is 11; expected 12" in found.what
