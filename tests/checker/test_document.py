"""Reading: JSON, canonical form, hashes, strict shapes; never a traceback."""

import copy
import json
import os

import pytest

from exactcnn.checker import Outcome, check
from exactcnn.checker.__main__ import main
from exactcnn.checker.document import FormatError, prime


@pytest.fixture
def document(make):
    """A small document with a claim of most kinds."""
    layer = make.convolution([[0, 1], [1, 2]], 1, "relu", weights=[["1"], ["-1/2"]], biases=["1", "2"])
    claims = [
        make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE),
        {"kind": "width", "layer": 1, "holds": True},
        {"kind": "activation", "layer": 1, "holds": True},
        {"kind": "patch-structure", "layer": 1, "holds": True, "violation": None},
    ]
    instance = make.instance([["1", "2", "3"], ["0", "5/2", "1"]], [layer])
    return {**make.HEAD, "instance": instance, "claims": claims}


def test_accepted(make, run_bytes, document):
    outcome = run_bytes(make.seal(document))
    assert outcome.exit_code == 0
    assert len(outcome.accepted) == 4
    assert all(line.isascii() and "\n" not in line for line in outcome.accepted)
    assert isinstance(outcome, Outcome)


def test_certificates_that_say_nothing(make, run):
    outcome = run(make.instance(None, [], width=1))
    assert (outcome.exit_code, outcome.message) == (1, "rejected: there are no claims")
    layer = make.convolution([[0, 1], [1, 2]], 1, "relu")
    document = make.instance([["1", "2", "3"], ["0", "5/2", "1"]], [layer])
    generic = {"kind": "generic-rank", "layer": 1, "lower": 0, "upper": 2, "upper_evidence": make.SHAPE}
    generic["lower_evidence"] = {"kind": "delta-filters", "slots": [0]}
    samples = {"kind": "equal-samples", "classes": [[0], [1]]}
    empty = [
        make.rank(0, 0, 2, make.NONE, make.SHAPE),
        {"kind": "rank-for-all-parameters", "layer": 1, "upper": 2, "evidence": samples},
    ]
    outcome = run(document, *empty)
    assert outcome.exit_code == 1
    assert "no claim says anything: claim 0, 0 <= rank F_0 <= 2, holds" in outcome.message
    assert outcome.accepted == ()
    for more in ({**generic, "lower": 2}, {"kind": "width", "layer": 1, "holds": True}):
        assert run(document, *empty, more).exit_code == 0
    padding = make.convolution([[-1, 0], [-1, 1]], 1, "relu")
    nothing = make.instance(None, [padding], width=3)
    assert run(nothing, generic).exit_code == 1
    assert (
        run(nothing, {**generic, "lower_evidence": {"kind": "delta-filters", "slots": [1]}, "lower": 2}).exit_code == 0
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]\n",
        b"{}\n",
        b"null\n",
        b"1e400\n",
        b"NaN\n",
        b"\xff\xfe\n",
        b"\x00",
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000 + b"\n",
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"\n",
        b"9" * 5000 + b"\n",
        b'{"format":"exactcnn certificate"}\n',
        '{"format":"\u00e9"}\n'.encode(),
        b'{"\\ud800":"\\udfff"}\n',
    ],
)
def test_no_document(run_bytes, data):
    outcome = run_bytes(data)
    assert outcome.exit_code == 2
    assert "could not finish" not in outcome.message
    assert outcome.message.isascii()


def test_not_in_canonical_form(make, run_bytes, document):
    data = make.seal(document)
    for other in (
        data[:-1],
        data + b"\n",
        b" " + data,
        data.replace(b":", b": ", 1),
        data.replace(b'"version":2', b'"version":2,"version":2'),
        data.replace(b'"version":2', b'"version":1,"version":2'),
        data.replace(b'"width"', b'"\\u0077idth"'),
        data.replace(b'"layer":1', b'"layer":1.0', 1),
        data.replace(b'"layer":1', b'"layer":-0', 1),
        json.dumps(json.loads(data), indent=1).encode() + b"\n",
        json.dumps(dict(reversed(json.loads(data).items())), separators=(",", ":")).encode() + b"\n",
    ):
        assert other != data
        assert run_bytes(other).exit_code == 2


@pytest.mark.parametrize("version", [0, 1, 3, "2", None, True, 2.0, [2]])
def test_version(make, run_bytes, document, version):
    outcome = run_bytes(make.seal({**document, "version": version}))
    assert outcome.exit_code == 2
    assert "this checker reads version 2 only" in outcome.message


def test_format(make, run_bytes, document):
    for name in ("exactcnn", None, ["exactcnn certificate"]):
        assert run_bytes(make.seal({**document, "format": name})).exit_code == 2


def test_hashes(make, run_bytes, document):
    sealed = json.loads(make.seal(document))
    for key in ("sha256", "instance_sha256"):
        for value in ("0" * 64, sealed[key].upper(), None, 0, [sealed[key]], ""):
            changed = {**sealed, key: value}
            if key == "instance_sha256":  # with a right hash of the whole
                whole = {k: v for k, v in changed.items() if k != "sha256"}
                changed["sha256"] = make.hashlib.sha256(make.canonical(whole)).hexdigest()
            assert run_bytes(make.canonical(changed) + b"\n").exit_code == 2


def paths(value, prefix=()):
    yield prefix
    if isinstance(value, dict):
        for key in value:
            yield from paths(value[key], (*prefix, key))
    if isinstance(value, list):
        for index in range(len(value)):
            yield from paths(value[index], (*prefix, index))


def replaced(document, path, change):
    document = copy.deepcopy(document)
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    change(parent, path[-1])
    return document


def test_every_key_is_needed_and_no_other_is_read(make, run_bytes, document):
    for path in paths(document):
        if path and isinstance(path[-1], str):
            gone = replaced(document, path, lambda parent, key: parent.pop(key))
            assert run_bytes(make.seal(gone)).exit_code == 2, path
            more = replaced(document, path, lambda parent, key: parent.update({key + "s": parent[key]}))
            assert run_bytes(make.seal(more)).exit_code == 2, path


WRONG = [
    None,
    True,
    False,
    0,
    -1,
    3,
    10**40,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\ud800\n",
    "1e400",
    [],
    [[]],
    {},
    [1],
    {"kind": "rank"},
]


def test_no_value_of_a_wrong_type_passes(make, run_bytes, document):
    """Replace every value by values of other types: accepted only where the document says the same or stays true."""
    for path in paths(document):
        for value in WRONG:
            if not path:
                continue
            changed = replaced(document, path, lambda parent, key, value=value: parent.__setitem__(key, value))
            outcome = run_bytes(make.seal(changed))
            assert "could not finish" not in outcome.message, (path, value, outcome)
            assert outcome.message.isascii()
            original = document
            for key in path:
                original = original[key]
            if outcome.exit_code == 0 and type(value) is not type(original):
                # claims that need nothing, and a claim dropped altogether
                assert path == ("claims",) or value == [] or original is None, (path, value)


@pytest.mark.parametrize(
    "text",
    ["1/0", "0.5", "1e3", "+1", " 1", "1 ", "1_0", "01", "1/", "/1", "--1", "1/-2", "0x1", "nan", "", "\u0661", "1\n"],
)
def test_numbers_that_are_not_written_as_the_format_says(make, run, text):
    document = make.instance([["1"]], [])
    document["samples"]["values"] = [text]
    assert run(document).exit_code == 2


def test_numbers_of_any_size(make, run):
    document = make.instance([[1]], [make.elementwise("relu")])
    document["samples"]["values"] = ["7" * 20_000 + "/" + "3" * 19_999]
    claim = make.rank(1, 1, 1, make.minor(103, None, [0], [0]), make.SHAPE)
    assert run(document, claim).exit_code == 0


def test_huge_sizes_are_refused_before_allocation(make, run):
    for shape in ([10**9, 10**9], [10**30, 1], [2**63, 1]):
        document = make.instance(None, [], count=shape[0], width=shape[1])
        document["samples"] = {"shape": shape, "values": ["1"]}
        assert run(document).exit_code == 2
    wide = make.convolution([[0]], 10**15, "relu")
    wide["weights"] = {"shape": [1, 10**15], "file": "none.npy", "member": None, "sha256": "", "scale": "1"}
    assert run(make.instance(None, [wide], width=1)).exit_code == 2
    document = make.instance([["1"]], [make.convolution([[0]], 10**9, "relu")])
    claim = make.rank(1, 0, 1, make.NONE, {"kind": "distinct-lines", "axis": 1, "representatives": [0]})
    assert run(document, claim).exit_code == 2


def test_numbers_that_python_does_not_print(make, run):
    """Products of sizes may have more digits than Python converts to text."""
    filters = 10**4298
    patches = [[i] for i in range(20)]
    document = make.instance(None, [make.convolution(patches, filters, "relu")], count=10**4299, width=20)
    generic = {"kind": "generic-rank", "layer": 1, "lower": 0, "upper": 3}
    delta, shape = {"kind": "delta-filters", "slots": [0]}, {"kind": "shape"}
    assert run(document, {**generic, "lower_evidence": delta, "upper_evidence": shape}).exit_code == 2
    assert run(document, {"kind": "width", "layer": 1, "holds": True}).exit_code == 0
    assert run(document, {"kind": "width", "layer": 1, "holds": False}).exit_code == 1
    for neuron, code in [(10**4299, 0), (2 * 10**4299, 2)]:
        layers = [*document["layers"], make.convolution([[neuron]], 1, "relu")]
        said = {"kind": "width", "layer": 1, "holds": True}
        assert run({**document, "layers": layers}, said).exit_code == code
    given = make.instance([["1"]], [make.convolution([[0]], filters, "relu"), make.convolution([[0]], 1, "relu")])
    assert run(given, make.rank(1, 0, 2, make.NONE, make.SHAPE)).exit_code == 1
    document["layers"][0]["biases"] = {"shape": [20], "values": ["1"] * 20}
    assert run(document).exit_code == 2


def test_samples_and_their_count_agree(make, run):
    document = make.instance([["1", "2"]], [])
    assert run(document, make.rank(0, 1, 1, make.minor(7, None, [0], [0]), make.SHAPE)).exit_code == 0
    for count in (2, 0, None, True, "1"):
        assert run({**document, "sample_count": count}).exit_code == 2
    for count in (0, -1, "1", True):
        assert run({**document, "samples": None, "sample_count": count}).exit_code == 2
    assert run({**document, "input_width": 1}).exit_code == 2


def test_the_first_obligation_that_fails_is_named(make, run):
    document = make.instance(None, [make.convolution([[0]], 1, "relu")], count=2, width=1)
    claims = [{"kind": "width", "layer": 1, "holds": holds} for holds in (False, True, True)]
    outcome = run(document, *claims)
    assert outcome.exit_code == 1
    assert "claim 1, " in outcome.message
    assert outcome.accepted == ()
    # a claim that is not well-formed makes the whole document unreadable, wherever it stands
    assert run(document, *claims, {"kind": "width"}).exit_code == 2


# ---------------------------------------------------------------- the file and the command


def test_files_that_cannot_be_read(tmp_path):
    assert check(tmp_path / "nothing.json").exit_code == 2
    assert check(tmp_path).exit_code == 2
    assert check("a\0b").exit_code == 2
    assert check("/dev/zero").exit_code == 2
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert check(pipe).exit_code == 2


def test_command(make, tmp_path, document, capsys):
    path = tmp_path / "c.json"
    path.write_bytes(make.seal(document))
    assert main([str(path)]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 6
    instance_hash = json.loads(path.read_bytes())["instance_sha256"]
    assert out.startswith(f"instance {instance_hash}: N = 2, widths 3, 2, activations 0 | t (kink 0)\n")
    path.write_bytes(make.seal({**document, "version": 1}))
    assert main([str(path)]) == 2
    assert "version" in capsys.readouterr().err
    assert main([]) == 2
    path.write_bytes(make.seal(document))


@pytest.mark.parametrize(("characters", "code"), [(10**5, 0), (10**5 + 1, 2)])
def test_the_longest_numbers(make, run, characters, code):
    document = make.instance([["1"]], [make.elementwise("relu")])
    document["samples"]["values"] = ["1" * characters]
    assert run(document, {"kind": "width", "layer": 1, "holds": True}).exit_code == code


@pytest.mark.parametrize("number", [3, 5, 2**61 - 1, 2**63 - 25])
def test_odd_primes_below_2_to_63(number):
    assert prime(str(number), "modulus") == number


@pytest.mark.parametrize("number", [-3, 0, 1, 2, 4, 9, 2**63 - 24, 2**63, 2**63 + 29, 10**30 + 57])
def test_what_is_no_odd_prime_below_2_to_63(number):
    with pytest.raises(FormatError, match=r"^modulus is .*; expected an odd prime below 2\^63$"):
        prime(str(number), "modulus")
