"""Text matrices: exact values, the fast path against the general one, and every error with its place."""

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.data import text
from exactcnn.data.text import read_text_matrix
from exactcnn.errors import InputError, Remark


@pytest.fixture
def written(tmp_path):
    """Write content to a file and return its path."""

    def write(content):
        path = tmp_path / "m.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def values(path):
    return read_text_matrix(path).fractions().tolist()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("1 2\n3 4", [[1, 2], [3, 4]]),
        ("  1\t 2 \n\n  \n+3\t   -4\n", [[1, 2], [3, -4]]),
        ("  1   2 \n\n  \n+3   -4\n", [[1, 2], [3, -4]]),
        ("1 , 2\n3,4 \n", [[1, 2], [3, 4]]),
        ("\ufeff1,2\r\n3,4\r\n", [[1, 2], [3, 4]]),
        ("\ufeff0.5\r\n", [[Fraction(1, 2)]]),
        ("1\r\n2\n\r\n3", [[1], [2], [3]]),
        ("7", [[7]]),
        ("1 2 3", [[1, 2, 3]]),
        ("# name, of things\n1,2 # first\n\n#\n3,4", [[1, 2], [3, 4]]),
        ("# 1,\t2\n1 2 # 3,\t4\n #,\n3 4", [[1, 2], [3, 4]]),
        ("# gr\u00f6\u00dfe\u00a0in\u202fcm \u05e9 \u200d\n1 2", [[1, 2]]),
        ("0.1, 1/3, -7/14, .5, 5., 1.5e-3, -2E+2, 0007", [[
            Fraction(1, 10), Fraction(1, 3), Fraction(-1, 2), Fraction(1, 2), 5, Fraction(3, 2000), -200, 7]]),
        (f"{2**63 - 1},{-(2**63)},{2**63},{10**30}", [[2**63 - 1, -(2**63), 2**63, 10**30]]),
        ("9007199254740993 999999999999999999", [[2**53 + 1, 10**18 - 1]]),
        ("0000000000000000000000001,2", [[1, 2]]),
        ("-0,0", [[0, 0]]),
        (f"-{10**18},+{10**18}", [[-(10**18), 10**18]]),
    ],
)  # fmt: skip
def test_values(written, content, expected):
    assert values(written(content)) == expected


def test_integers_of_any_size(written):
    n = 7**6000  # 5071 digits: above Python's limit for conversions
    digits = "".join(str(n // 10 ** (1000 * k) % 10**1000).zfill(1000) for k in reversed(range(6))).lstrip("0")
    assert values(written(f"{digits},-{digits},+{digits}/{digits},1/{digits}")) == [[n, -n, 1, Fraction(1, n)]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,2\n3\n", "line 2: 1 entry; expected 2 as in line 1"),
        ("# head\n\n1 2\n3 4\n5 6 7\n", "line 5: 3 entries; expected 2 as in line 3"),
        ("1,2\n3,x\n", "line 2, column 2: 'x' is not a number; expected an integer, a decimal or p/q"),
        ("1,2,\n3,4,\n", "line 1, column 3: an empty entry is not a number"),
        ("1,,2", "line 1, column 2: an empty entry"),
        (",", "line 1, column 1: an empty entry"),
        ("1\t\t3\n\t2\t6\n5\t6\t\n", "line 1, column 2: an empty entry is not a number; expected an integer,"),
        ("1\t\t3", "a decimal or p/q; tabs separate the entries of this file, as in line 1"),
        ("1\t2\n3\t4\t\n", "line 2, column 3: an empty entry"),
        ("1\t2\n\t\n3\t4\n", "line 2, column 1: an empty entry"),
        ("\t1\t2", "line 1, column 1: an empty entry"),
        ("1 2\n \t# why\n", "line 1, column 1: '1 2' is not a number; expected an integer, a decimal or p/q; tabs"),
        ("1 2\n \t# why\n", "tabs separate the entries of this file, as in line 2"),
        ("1 2\n3,4", "line 1, column 1: '1 2' is not a number; expected an integer, a decimal or p/q; commas separate"),
        ("1 2\n3,4", "commas separate the entries of this file, as in line 2"),
        ("1,5 2,5", "line 1, column 2: '5 2' is not a number; expected an integer, a decimal or p/q; commas separate"),
        ("1,2\n3,\t4", "line 2, column 2: '\\t4' is not a number: it holds CHARACTER TABULATION (U+0009); expected"),
        ("1,2\n\t\n3,4", "line 2, column 1: '\\t' is not a number: it holds CHARACTER TABULATION (U+0009); expected"),
        ("1 2\n3 1\u00a0000", "line 2, column 2: '1\\xa0000' is not a number: it holds NO-BREAK SPACE (U+00A0); exp"),
        ("1,\u22125", "line 1, column 2: '\u22125' is not a number: it holds MINUS SIGN (U+2212); expected an integer"),
        ("1,\uff15", "line 1, column 2: '\uff15' is not a number: it holds FULLWIDTH DIGIT FIVE (U+FF15); expected"),
        ("1\u20283", "'1\\u20283' is not a number: it holds LINE SEPARATOR (U+2028); expected an integer"),
        ("1\u20283", "p/q; a line ends with a line feed"),
        ("1\r2\r3", "line 1, column 1: '1\\r2\\r3' is not a number: it holds CARRIAGE RETURN (U+000D); expected"),
        ("1 2\n# a\r3 4\n5 6", "line 2: the comment holds CARRIAGE RETURN (U+000D); expected no control characters"),
        ("# a\u2028 1 2\n5 6", "line 1: the comment holds LINE SEPARATOR (U+2028); expected no control characters in"),
        ("1 2\n\ufeff3 4", "line 2, column 1: '\\ufeff3' is not a number: it holds ZERO WIDTH NO-BREAK SPACE (U+FEFF)"),
        ("\ufeff\ufeff3", "line 1, column 1: '\\ufeff3' is not a number"),
        ("1 2\n3 4\x1a", "line 2, column 2: '4\\x1a' is not a number: it holds a control character (U+001A)"),
        ('"1","2"', "line 1, column 1: '\"1\"' is not a number; expected"),
        ('1,"2, 3"', "line 1, column 2: '\"2' is not a number"),
        ("1 2, 3", "line 1, column 1: '1 2' is not"),
        ("1,2\n3,nan", "line 2, column 2: 'nan'"),
        ("inf 1", "line 1, column 1: 'inf'"),
        (
            "1;2",
            "line 1, column 1: '1;2' is not a number; expected an integer, a decimal or p/q; entries are separated",
        ),
        ("1; 2\n3; 4", "line 1, column 1: '1;' is not a number; expected an integer, a decimal or p/q; entries are"),
        (
            "a, b\n1, 2",
            "'a' is not a number; expected an integer, a decimal or p/q; a header is a line that starts with '#'",
        ),
        ("1 1/0", "line 1, column 2: '1/0'"),
        ("1 1/2/3", "line 1, column 2: '1/2/3'"),
        ("1 1.5/2", "line 1, column 2"),
        ("5-3 1", "line 1, column 1: '5-3'"),
        ("1 +-5", "line 1, column 2"),
        ("1 -", "line 1, column 2: '-'"),
        ("1_000", "line 1, column 1: '1_000'"),
        ("0x10", "line 1, column 1"),
        ("1+2j", "line 1, column 1"),
        ("1e99999", "line 1, column 1"),
        ("1" * 5000 + "x", "line 1, column 1: '1111111111111111111111111111111111111111'... is not"),
        ("1/" + "0" * 5000, "line 1, column 1"),
        ("", "no numbers; expected one row a line"),
        ("\n \n# only words\n", "no numbers"),
        (b"\xef\xbb\xbf", "no numbers"),
        (b"\x80\x04\x95\x10\x00", "not UTF-8 text"),
        (b"1,2\n# gr\xf6\xdfe\n", "line 2: not UTF-8 text"),
        (b"\xef\xbb\xbf\n\n\xff", "line 3: not UTF-8 text"),
        ("1,2".encode("utf-16"), "text in UTF-16 or UTF-32; expected UTF-8"),
        (b"\xfe\xff\0001", "text in UTF-16 or UTF-32; expected UTF-8"),
        ("1,2".encode("utf-32"), "text in UTF-16 or UTF-32; expected UTF-8"),
        (b"\0\0\xfe\xff\0\0\0001", "text in UTF-16 or UTF-32; expected UTF-8"),
        ("1,2".encode("utf-16-le"), "binary data, or text in UTF-16; expected rows of numbers in UTF-8"),
        (b"1,2\0", "binary data"),
    ],
)
def test_errors_name_file_and_place(written, content, message):
    path = written(content)
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        read_text_matrix(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", ["1,2\na,b", "1,b\n3,4", ",\n", "0x10 0x11"])
def test_not_every_error_is_a_header(written, content):
    with pytest.raises(InputError, match="is not a number") as raised:
        read_text_matrix(written(content))
    assert "header" not in str(raised.value)


def test_missing_directory_and_large(tmp_path, monkeypatch, written):
    with pytest.raises(InputError, match=r"nothing.csv: no such file"):
        read_text_matrix(tmp_path / "nothing.csv")
    with pytest.raises(InputError, match="is a directory; expected a file"):
        read_text_matrix(tmp_path)
    with pytest.raises(InputError, match="cannot be opened"):
        read_text_matrix("a\0b")
    monkeypatch.setattr("exactcnn.resources.physical_memory", lambda: 100)
    with pytest.raises(InputError, match=r"m.csv as numbers would take .* of memory; expected at most"):
        read_text_matrix(written("1 2 3 4"))


@pytest.mark.parametrize("content", ["1 2\n3 1.5", "1e3", "9999999999999999999", "1/2", "1 #", " \n", "1,\t2", "1\r2"])
def test_what_the_fast_path_never_reads(content, monkeypatch):
    """Older versions of NumPy cut such entries to integers with a warning only; and a tab is no blank."""
    monkeypatch.setattr(np, "loadtxt", lambda *_, **__: pytest.fail("NumPy was asked"))
    assert text._plain_integers(content.encode()) is None


@given(
    st.lists(st.lists(st.integers(-(10**18), 10**18), min_size=3, max_size=3), min_size=1, max_size=5),
    st.sampled_from([",", " ", "\t", " , ", "  ", " \t "]),
    st.sampled_from(["\n", "\n\n", " \n"]),
)
def test_plain_integers_take_the_fast_path(rows, separator, newline):
    content = newline.join(separator.join(map(str, row)) for row in rows)
    fast = text._plain_integers(content.encode())
    if fast is None:  # only where a run of 19 digits might not fit 64 bits
        assert any(abs(value) == 10**18 for row in rows for value in row)
    else:
        assert fast.tolist() == rows


@given(
    st.lists(st.lists(st.fractions(), min_size=2, max_size=2), min_size=1, max_size=4),
    st.sampled_from([",", " ", "\t"]),
)
def test_fractions_round_trip(tmp_path_factory, rows, separator):
    path = tmp_path_factory.mktemp("text") / "m.txt"
    path.write_text("\n".join(separator.join(map(str, row)) for row in rows))
    assert values(path) == rows


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_decimals_are_exact(tmp_path_factory, row):
    """A decimal is the decimal fraction written, and the nearest float of it is the float that was printed."""
    path = tmp_path_factory.mktemp("text") / "m.txt"
    path.write_text(" ".join(map(repr, row)))
    [read] = values(path)
    assert read == [Fraction(repr(value)) for value in row]
    assert [float(value) for value in read] == row


def test_large_integer_text_is_read_by_numpy(written):
    """A decimal far behind plain integers must not be cut to an integer."""
    rows = [["12"] * 50 for _ in range(400)]
    rows[399][49] = "1.5"
    matrix = read_text_matrix(written("\n".join(",".join(row) for row in rows)))
    assert matrix.fractions()[399, 49] == Fraction(3, 2)
    rows[399][49] = str(2**64)
    assert read_text_matrix(written("\n".join(",".join(row) for row in rows))).fractions()[399, 49] == 2**64
    np.testing.assert_array_equal(matrix.numbers[:399], 12 * np.ones((399, 50)))


@pytest.mark.parametrize("content", ["0 1 2\n5 6 7\n", "0,1,2\n1/2,6,7\n", "0.0 1 2\n5 6 7"])
def test_a_first_row_that_may_be_a_header(written, content):
    with pytest.warns(Remark, match="m.csv: the first row, 0 to 2, is read as numbers; is it a header"):
        matrix = read_text_matrix(written(content))
    assert matrix.fractions()[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("content", ["0 1 2", "0 1\n1 0", "1 2 3\n4 5 6", "0\n1\n2", "0 1 3\n4 5 6"])
def test_no_header(written, content):
    read_text_matrix(written(content))  # a warning is an error here
