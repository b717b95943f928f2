"""Inputs from files: arrays, rows, and the lists of verifiers; one line for what is none."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.interop.counterexamples import read_inputs


@pytest.fixture
def read(tmp_path):
    def read(text, name="found.counterexample"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_inputs(path)

    return read


@pytest.mark.parametrize(
    "text",
    [
        "((X_0 0.1) (X_1 -2e-3) (Y_0 7))",
        "sat\n((X_0 0.1)\n(X_1 -2e-3)\n(Y_0 7))\n",
        "violated (X_1 -.002)(Y_0 7.)( X_0   1e-1 )",
        "  (\n(Y_0 +7) (X_1 -0.00200) (X_0 0.10)\n)",
    ],
)
def test_lists(read, text):
    found = read(text)
    assert found.data.samples.fractions().tolist() == [[Fraction(1, 10), Fraction(-1, 500)]]
    assert found.stated == {0: 7}


def test_rows_and_arrays(read, tmp_path):
    assert read("0.1, 1/3\n2, 3\n", "x.csv").data.samples.fractions()[0].tolist() == [Fraction(1, 10), Fraction(1, 3)]
    images = np.arange(8, dtype=np.float32).reshape(2, 1, 2, 2)
    np.save(tmp_path / "x.npy", images)
    found = read_inputs(tmp_path / "x.npy")
    assert (found.data.shape, found.stated) == ((1, 2, 2), {})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sat", "no (X_0 v)"),
        ("((Y_0 1))", "no (X_0 v)"),
        ("((X_0 1) (X_0 2))", "X_0 stands there twice"),
        ("((X_0 1) (X_00 2))", "X_0 stands there twice"),
        ("((X_0 1) (X_2 2))", "X_1 is missing, X_2 is there"),
        ("((X_0 1) (X_999999999 2))", "X_1 is missing"),
        ("((X_0 1) (Z_1 2))", "'Z_1' is no pair"),
        ("((X_0 1) (X_1))", "'X_1' is no pair"),
        ("((X_0 1) 7)", "'7' is no pair"),
        ("unsat ((X_0 1))", "'unsat' is not a number"),
        ("((X_0 nan))", "X_0: 'nan' is no decimal"),
        ("((X_0 1e999999))", "X_0: '1e999999'; expected a number of at most"),
        ("((X_0 1/2))", "X_0: '1/2' is no decimal"),
        ("((X_0 \u0661))", "is not ASCII"),
        (f"((X_0 {'1' * 1001}))", "is no pair"),
    ],
)
def test_one_line_says_what_is_wrong(read, text, says):
    with pytest.raises(InputError) as error:
        read(text)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_files(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_inputs(tmp_path / "none")
    np.save(tmp_path / "nan.npy", np.array([[1, np.nan]]))
    with pytest.raises(InputError, match="nan"):
        read_inputs(tmp_path / "nan.npy")
