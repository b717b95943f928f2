"""The checker as users call it: its own answers, and arguments that are none."""

from pathlib import Path

import pytest

from exactcnn import checker
from exactcnn.certificates.outcome import Outcome, check
from exactcnn.errors import InputError
from exactcnn.theorems.matrix import matrix_rank


def test_it_says_what_the_checker_says(tmp_path):
    path = tmp_path / "certificate.json"
    found = matrix_rank([[1, 2], [2, 4]]).certificate
    found.write(path)
    assert vars(check(path)) == vars(checker.check(path)) == vars(found.outcome)
    assert check(str(path), against=path).exit_code == 0
    path.write_text(path.read_text().replace('"lower":1', '"lower":2').replace('"lower": 1', '"lower": 2'))
    assert vars(check(path)) == vars(checker.check(path))
    assert check(path).exit_code != 0


def test_an_outcome_is_one_of_the_checker():
    assert isinstance(Outcome(1, "rejected"), checker.Outcome)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"path": 3}, "path = 3; expected a path"),
        ({"path": "a", "against": 3}, "against = 3; expected a path or None"),
        ({"path": "a", "limit": 0}, "limit = 0; expected a positive number"),
        ({"path": "a", "limit": float("nan")}, "limit = nan; expected a positive number"),
        ({"path": "a", "limit": "2"}, "limit = '2'; expected a number"),
        ({"path": Path("a"), "progress": 3}, "progress = 3; expected a function or None"),
    ],
)
def test_arguments_that_are_none(given, message):
    with pytest.raises(InputError, match=f"^{message}$"):
        check(**given)
