"""Sweeps on the terminal and as pictures."""

import re

import pytest

from exactcnn.errors import InputError
from exactcnn.report.sweeps import SHOWN, short_names, sweep_picture, sweep_table
from exactcnn.report.terminal import plain


def instance(lower, upper=None, **axes):
    upper = lower if upper is None else upper
    rank = {"layer": 1, "rows": 8, "columns": 20, "lower": lower, "upper": upper, "float64": 8, "float32": None}
    keys = {"filters": "network.layers[0].filters", "activation": "network.activation", "seed": "parameters.seed"}
    return {
        "of": "verify",
        "axes": {keys.get(name, name): value for name, value in axes.items()},
        "found": {"rank": rank, "checked": True},
    }


def answer(outcome, **axes):
    return {"of": "question", "axes": axes, "found": {"outcome": outcome, "reason": "why", "checked": None}}


def table(lines, claim="all"):
    return plain(sweep_table(lines, claim)).splitlines()


def test_a_line_a_case():
    head, first, second, *_, last = table([instance(4, filters=1, seed=0), instance(3, 8, filters=2, seed=0)])
    assert head.split() == ["filters", "seed", "layer", "size", "rank", "float64", "float32", "check"]
    assert first.split() == ["1", "0", "1", "8", "×", "20", "4", "8", "yes"]
    assert "3 to 8" in second
    assert last == "all"


def test_a_table_for_each_kind():
    layers = [{"layer": k, "rows": 5, "columns": 9, "lower": k, "upper": k} for k in (1, 3)]
    cell = {"of": "table-2", "axes": {"table-2.filters": 2}, "found": {"layers": layers, "checked": False}}
    search = {"of": "search", "axes": {"search.neurons": 4}, "found": {"claim": "nothing fails", "checked": True}}
    alone = {"of": "verify", "axes": {}, "found": {"rank": None, "checked": True}}
    every = instance(2) | {"found": {"rank": [instance(2)["found"]["rank"]], "checked": True}}
    text = "\n".join(table([instance(4, filters=1), cell, search, answer("open", width=3), alone, every]))
    assert re.search(r"filters +layer +size +rank +rank F_3 +check\n +2 +1 +5 × 9 +1 +3 +rejected", text)
    assert re.search(r"neurons +check +claim\n +4 +yes +nothing fails", text)
    assert re.search(r"width +outcome +check +reason\n +3 +open +not asked +why", text)


def test_long_tables_are_cut():
    lines = table([instance(1, seed=seed) for seed in range(SHOWN + 3)])
    assert "… and 3 more" in lines
    assert len([line for line in lines if "×" in line]) == SHOWN


def test_short_names():
    assert short_names(["a.b.c", "x.b.c", "a.b.d"]) == {"a.b.c": "a.b.c", "x.b.c": "x.b.c", "a.b.d": "d"}
    assert short_names(["network.layers[0].units", "network.layers[1].units"]) == {
        "network.layers[0].units": "layers[0].units",
        "network.layers[1].units": "layers[1].units",
    }
    assert short_names(["seed", "a.seed"]) == {"seed": "seed", "a.seed": "a.seed"}


def points(picture):
    return [
        [tuple(map(float, place.split(","))) for place in line.split()]
        for line in re.findall(r'<polyline points="([^"]*)"', picture)
    ]


def test_curves_run_through_the_smallest_of_the_seeds():
    lines = [
        instance(rank, filters=filters, activation=activation, seed=seed)
        for filters, activation, seed, rank in [
            (4, "relu", 0, 8),
            (1, "relu", 0, 2),
            (1, "relu", 1, 4),
            (4, "relu", 1, 6),
            (1, "tanh", 0, 8),
            (4, "tanh", 0, 8),
        ]
    ]
    picture = sweep_picture(lines)
    relu, tanh = points(picture)
    assert relu[0][0] < relu[1][0]  # one filter to the left of four
    bottom, top = 300, 34
    assert [y for _, y in relu] == [bottom - (bottom - top) * share for share in (2 / 8, 6 / 8)]
    assert [y for _, y in tanh] == [top, top]
    assert picture.count("<circle") == len(lines)
    assert "activation = relu" in picture
    assert "seed" not in picture


@pytest.mark.parametrize("axes", [{}, {"seed": 3}, {"activation": "relu"}])
def test_one_point(axes):
    assert len(points(sweep_picture([instance(4, **axes)]))) == 1


def test_many_values_and_curves():
    lines = [instance(1, filters=f, activation=f"a{a}", seed=0) for f in range(40) for a in range(20)]
    picture = sweep_picture(lines)
    assert len(points(picture)) == 20
    assert picture.count("activation = ") == 12


def test_outcomes():
    lines = [answer("possible", width=2), answer("open", width=2), answer("impossible", width=3)]
    picture = sweep_picture(lines)
    assert [float(height) for height in re.findall(r'<rect[^>]* height="([\d.]+)"', picture)].count(133) == 3
    assert "cases" in picture


def test_nothing_to_draw():
    search = {"of": "search", "axes": {}, "found": {"claim": "", "checked": None}}
    alone = {"of": "verify", "axes": {}, "found": {"rank": None, "checked": True}}
    for lines in ([], [search], [alone]):
        with pytest.raises(InputError, match="no case with a rank or an outcome is finished"):
            sweep_picture(lines)
