"""Text files against the documented rule, read character by character by a second reader; and every way in alike."""

import itertools
import json
import random
import re
import sys
import unicodedata
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.data import text
from exactcnn.data.readers import read_matrix, read_samples
from exactcnn.data.text import read_text_matrix
from exactcnn.errors import InputError
from exactcnn.spec import load_dataset, read_spec

# ---------------------------------------------------------------- the rule


@dataclass(frozen=True)
class Refused:
    """Where a file is refused: a line, perhaps an entry of it, perhaps a character that is to blame."""

    line: int | None = None
    column: int | None = None
    character: str | None = None


def table(content):
    """Rows of a file, or why not: docs/howto/rank-of-a-matrix.md, one character after the other."""
    if "\0" in content:
        return Refused()
    lines, comments, in_comment = [""], [""], False
    for place, character in enumerate(content):
        if character == "\ufeff" and place == 0:
            continue
        if character == "\r" and content[place + 1 : place + 2] == "\n":
            continue
        if character == "\n":
            lines.append("")
            comments.append("")
            in_comment = False
        elif in_comment:
            comments[-1] += character
        elif character == "#":
            in_comment = True
        else:
            lines[-1] += character
    separator = " "
    for candidate in ("\t", ","):
        if any(candidate in line for line in lines):
            separator = candidate
    rows = []
    for number, (line, comment) in enumerate(zip(lines, comments, strict=True), 1):
        row = []
        for column, entry in enumerate(entries(line, separator), 1):
            value = numeral(entry)
            if value is None:
                return Refused(number, column, next((c for c in entry if not 32 <= ord(c) <= 126), None))
            row.append(value)
        for character in comment:
            ends_a_line = unicodedata.category(character) in ("Cc", "Zl", "Zp") and character != "\t"
            if ends_a_line or character == "\ufeff":
                return Refused(number, None, character)
        if row:
            rows.append(row)
            if len(row) != len(rows[0]):
                return Refused(number)
    return rows or Refused()


def entries(line, separator):
    """Entries of a line without the blanks around them; none if it is blank."""
    if all(character == " " for character in line):
        return []
    found = [""]
    for character in line:
        if character == separator:
            found.append("")
        else:
            found[-1] += character
    trimmed = []
    for entry in found:
        while entry and entry[0] == " ":
            entry = entry[1:]
        while entry and entry[-1] == " ":
            entry = entry[:-1]
        if entry or separator != " ":
            trimmed.append(entry)
    return trimmed


def numeral(entry):
    """Value of an entry, None if it is no number: [sign] digits / digits, or [sign] digits . digits e [sign] digits."""
    rest = list(entry)

    def sign():
        return -1 if rest and rest[0] in "+-" and rest.pop(0) == "-" else 1

    def digits():
        read = []
        while rest and "0" <= rest[0] <= "9":
            read.append(ord(rest.pop(0)) - ord("0"))
        return read

    def natural(read):
        value = 0
        for digit in read:
            value = 10 * value + digit
        return value

    factor, whole = sign(), digits()
    if whole and rest[:1] == ["/"]:
        rest.pop(0)
        below = digits()
        return None if rest or natural(below) == 0 else Fraction(factor * natural(whole), natural(below))
    decimals = []
    if rest[:1] == ["."]:
        rest.pop(0)
        decimals = digits()
    if not whole + decimals:
        return None
    value = Fraction(factor * natural(whole + decimals), 10 ** len(decimals))
    if rest[:1] in (["e"], ["E"], ["d"], ["D"]):
        rest.pop(0)
        direction, exponent = sign(), digits()
        if not exponent or natural(exponent) > 10_000:
            return None
        value *= Fraction(10) ** (direction * natural(exponent))
    return None if rest else value


def test_the_rule_itself():
    """The reader of this file on what nobody doubts."""
    assert table("\ufeff1, -2/4 # x,\t\r\n\n .5 ,+1.5e1\n") == [[1, Fraction(-1, 2)], [Fraction(1, 2), 15]]
    assert table("1 2\n 3  4 ") == table("1\t2\n3 \t 4") == [[1, 2], [3, 4]]
    assert table("1\t\t3\n\t2\t6\n5\t6\t") == Refused(1, 2)
    assert table("1,2\n3,4,\n") == Refused(2, 3)
    assert table("1 2\n3") == Refused(2)
    assert table("1 2\n3\u00a04 5") == Refused(2, 1, "\u00a0")
    assert table("1\r2") == Refused(1, 1, "\r")
    assert table("# \u2028") == Refused(1, None, "\u2028")
    assert table("") == table(" \n# 1") == Refused()
    assert [numeral(entry) for entry in ("1e", ".", "1/0", "1/", "1_0", "--1", "1e10001", "\u0661", "")] == [None] * 9


# ---------------------------------------------------------------- the reader obeys it


def rows_or_message(path):
    try:
        return read_text_matrix(path).fractions().tolist()
    except InputError as error:
        return str(error)


@pytest.fixture(scope="module")
def agree(tmp_path_factory):
    """Read a content by the package and by the rule, expect the same, and return it."""
    path = tmp_path_factory.mktemp("rule") / "m.txt"

    def agree(content):
        path.write_bytes(content.encode())
        expected, found = table(content), rows_or_message(path)
        if isinstance(expected, list):
            assert found == expected, content
            return expected
        assert isinstance(found, str), (content, expected)
        place = str(path)
        place += "" if expected.line is None else f", line {expected.line}"
        place += "" if expected.column is None else f", column {expected.column}"
        assert found.startswith(f"{place}: "), (content, expected)
        named = [chr(int(code, 16)) for code in re.findall(r"holds [^;]* \(U\+([0-9A-F]+)\)", found)]
        assert named == ([] if expected.character is None else [expected.character]), content
        assert "\n" not in found
        return expected

    return agree


def test_all_short_files(agree):
    """Every file of at most five characters over these."""
    outcomes = Counter(
        type(agree("".join(letters))) for length in range(6) for letters in itertools.product("1 ,\t\n#", repeat=length)
    )
    assert min(outcomes[list], outcomes[Refused]) > 1000


@pytest.mark.parametrize("separator", [",", "\t", " "])
def test_separators_ends_and_signs(agree, separator):
    """Every file of at most five pieces over these, that NumPy may be asked to read."""
    outcomes = Counter(
        type(agree("".join(pieces)))
        for length in range(6)
        for pieces in itertools.product(("7", "+", "-", separator, "\r\n"), repeat=length)
    )
    assert min(outcomes[list], outcomes[Refused]) > 100


INVISIBLE = [
    chr(code)
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(chr(code)) in ("Zs", "Zl", "Zp", "Cc", "Cf") and chr(code) not in " \t\n"
]
IN_NUMBERS = ["1{s}2{x}3{s}4", "1{s}{x}2", "1{s}2{x}", "{x}1{s}2", "1{s}{x}{s}2", "1{s} {x} {s}2", "1{s}2\n{x}\n3{s}4"]
IN_COMMENTS = ["1{s}2 # a{x}3{s}4\n5{s}6", "#{x}\n1{s}2", "# 1{s}2{x}\n5"]


@pytest.mark.parametrize("separator", [",", "\t", " "])
@pytest.mark.parametrize("template", [*IN_NUMBERS, *IN_COMMENTS])
def test_white_space_controls_and_format_characters(agree, template, separator):
    """Nothing that is not seen separates, joins or ends anything, wherever it stands."""
    assert len(INVISIBLE) > 200
    for character in INVISIBLE:
        content = template.format(x=character, s=separator)
        outcome = agree(content)
        harmless = "\r\n" in content or content.startswith("\ufeff")
        if template in IN_COMMENTS:
            harmless |= unicodedata.category(character) in ("Zs", "Cf") and character != "\ufeff"
        if harmless:
            assert isinstance(outcome, list)
        else:
            assert outcome.character == (None if character == "\0" else character)
        agree("\ufeff" + content)


def test_what_looks_like_digits_and_signs(agree):
    kinds = ("Nd", "Nl", "No", "Pd", "Sm", "Pc")
    characters = [chr(code) for code in range(128, sys.maxunicode + 1) if unicodedata.category(chr(code)) in kinds]
    assert {"\u0663", "\uff11", "\u00b2", "\u2212", "\u2013", "\uff0b", "\uff3f"} <= {*characters}
    for character in characters:
        assert agree(f"1 2\n3 {character}5") == Refused(2, 2, character)
        assert agree(f"1/2 {character}/3 1/{character}") == Refused(1, 2, character)
        assert agree(f"1/{character}") == Refused(1, 1, character)
        assert agree(f"5{character}1,2 # {character}") == Refused(1, 1, character)


ENTRIES = ["0", "1", "-2", "+3", "12", "007", "9" * 18, "9" * 19, "1/3", "-4/6", "0.5", ".5", "5.", "1e3", "-1.5E-2"]
NO_ENTRIES = ["", "x", "nan", "1/0", "1e", "--1", "1_0", "'1'", "1;2", "1 2", "- 1", "1,5", "1\t5", "1e99999"]
NO_ENTRIES += ["\u22121", "1\u00a0000"]
COMMENTS = ["", "", "", " # a", "#,", "# a,b\tc", " #\u00a0\u00e9", "#\r", "# \u2028 1", "#\x0c", "#\ufeff"]
LINE_ENDS = ["\n", "\r\n", "\r", "\u2028", "\x0b", "\n\n", "\n \n", "\n\t\n", "\n#\n", "\r\r\n", "\x85", "\n,\n"]


def random_file(choose):
    """A file that is nearly a table: most are one, most others fail in a single place."""

    def mostly(usual, others, chance):
        return choose.choice(others) if choose.random() < chance else usual

    separator = choose.choice([",", ", ", "\t", " \t", " ", "  "])
    usual_end = choose.choice(["\n", "\r\n"])
    width, chance = choose.randint(1, 4), choose.choice([0, 0, 0.02, 0.1])
    content = mostly("", ["\ufeff", "\ufeff\ufeff", "# 1,\t2\n", " \n"], 0.3)
    for _ in range(choose.randint(1, 5)):
        row = [mostly(choose.choice(ENTRIES), NO_ENTRIES, chance) for _ in range(mostly(width, [1, 2, 3], chance))]
        content += mostly("", [" ", "\t"], chance) + row[0]
        for entry in row[1:]:
            content += mostly(separator, [" ", "\t", ",", "\u00a0", ",,"], chance) + entry
        content += mostly("", [" ", "\t", ","], chance) + mostly("", COMMENTS, 0.05 + chance)
        content += mostly(usual_end, LINE_ENDS, chance)
    return content


def test_random_tables(agree):
    choose = random.Random(0)
    outcomes = [agree(random_file(choose)) for _ in range(4000)]
    assert sum(isinstance(outcome, list) for outcome in outcomes) > 1000
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert sum(outcome.column is not None for outcome in refused) > 500
    assert sum(outcome.character is not None for outcome in refused) > 100
    assert sum(outcome.line is not None and outcome.column is None for outcome in refused) > 100


@given(
    st.text(alphabet="0159+-, \t\n\r#.e/\u00a0\u2212\ufeff\v", max_size=60) | st.text(alphabet="12, \n", max_size=40)
)
def test_any_text(agree, content):
    agree(content)


@given(st.text(alphabet="0159+-, \t\n", max_size=60) | st.text(alphabet="12\t \n", max_size=40))
def test_the_fast_path_never_decides_otherwise(content):
    fast = text._plain_integers(content.encode())
    if fast is not None:
        assert fast.tolist() == table(content)


# ---------------------------------------------------------------- every way in

NETWORK = """
[data]
source = "m.txt"
[network]
input = [{width}]
[[network.layers]]
kind = "fully-connected"
units = 2
activation = "relu"
[parameters]
seed = 0
"""


def test_command_specification_and_python_agree(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    choose = random.Random(1)
    contents = ["1\t\t3\n\t2\t6\n5\t6\t\n", "\t\t\n1\t2\n", "1 2\n3\u00a04 5", "1,2\n3,\t4", "1\r2", "1 2 #\u2028\n3 4"]
    contents += [random_file(choose) for _ in range(40)]
    read = Counter()
    for content in contents:
        path = tmp_path / "m.txt"
        path.write_bytes(content.encode())
        expected = table(content)
        read[type(expected)] += 1
        width = len(expected[0]) if isinstance(expected, list) else 2
        (tmp_path / "spec.toml").write_text(NETWORK.format(width=width))
        if isinstance(expected, list):
            assert read_matrix("m.txt").fractions().tolist() == expected
            assert read_samples("m.txt").samples.fractions().tolist() == expected
            assert load_dataset(read_spec("spec.toml")).samples.fractions().tolist() == expected
            code, out, err = run("rank", "m.txt", "--json", "--no-float-ranks")
            assert (code, err) == (0, "")
            assert (json.loads(out)["rows"], json.loads(out)["columns"]) == (len(expected), width)
            code, out, _ = run("verify", "spec.toml", "--json")
            assert json.loads(out)["samples"] == len(expected)
            continue
        with pytest.raises(InputError) as refused:
            read_matrix("m.txt")
        for call in (lambda: read_samples("m.txt"), lambda: load_dataset(read_spec("spec.toml"))):
            with pytest.raises(InputError, match=f"^{re.escape(str(refused.value))}$"):
                call()
        for arguments in (("rank", "m.txt"), ("verify", "spec.toml")):
            code, out, err = run(*arguments)
            assert (code, out) == (2, "")
            assert err == f"exactcnn: {' '.join(str(refused.value).split())}\n"  # blanks of an entry, one by one
    assert min(read[list], read[Refused]) > 10
