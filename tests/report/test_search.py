"""Tables of searches: complete at any width, never markup."""

import io

import pytest
from rich.console import Console

from exactcnn.report.search import SHOWN, search_table
from exactcnn.searches.cases import Search
from exactcnn.searches.runs import run_search


def shown(renderable, width):
    console = Console(file=io.StringIO(), width=width)
    console.print(renderable)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [60, 160])
def test_search(width):
    text = " ".join(shown(search_table(run_search(Search())), width).split())
    assert "4 3037 58 149 146 3 0" in text
    assert "4 neurons: 54 structures fail, 5 of them in increasing order" in text
    assert "nothing fails for n ≤ 3" in text
    if width == 160:
        assert "fails 2 (0, 1, 2) (0, 1, 3) 36 the largest rank of U_1 (4 x 4)" in text


def test_data_and_many_cases():
    result = run_search(Search("tied-biases", neurons=3, most_samples=3, most_filters=2))
    text = shown(search_table(result), 160)
    assert "(0, 0) (1, 1)" in text
    assert "structures fail" not in text
    many = type(result)(result.search, result.summaries, result.found * 2)
    assert f"… and {2 * len(result.found) - SHOWN} more" in shown(search_table(many), 160)
