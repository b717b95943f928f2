"""The interpreter of pickles: the values that Python's unpickler gives, and nothing that it would run."""

import pickle
import pickletools
import time
from collections import OrderedDict
from io import BytesIO

import pytest

from exactcnn.errors import InputError
from exactcnn.interop.pickles import MOST_STEPS, ORDERED_DICT, Call, Reference, interpret

VALUES = [
    None,
    True,
    0,
    -1,
    255,
    65535,
    -(2**31),
    2**70,
    1.5,
    "text",
    "ü" * 300,
    b"bytes",
    (),
    (1,),
    (1, 2),
    (1, 2, 3),
    (1, 2, 3, 4),
    [],
    [[1], [2, 3]],
    {},
    {"a": {"b": [1, (2, None)]}, 3: "c"},
]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_plain_values(value, protocol):
    if isinstance(value, bytes) and protocol == 2:
        pytest.skip("protocol 2 writes bytes as a call of codecs.encode")
    stream = BytesIO(pickle.dumps(value, protocol=protocol) + b"rest")
    assert interpret(stream, frozenset()) == value
    assert stream.read() == b"rest"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_ordered_dictionaries_and_their_attributes(protocol):
    value = OrderedDict([("b", 1), ("a", [2])])
    value.__dict__["_metadata"] = OrderedDict(version=1)
    found = interpret(BytesIO(pickle.dumps(value, protocol=protocol)), frozenset({ORDERED_DICT}))
    assert (type(found), list(found.items())) == (dict, [("b", 1), ("a", [2])])


def test_calls_are_data():
    found = interpret(BytesIO(b"ca.b\nc\n(I1\nI2\ntR."), frozenset({"a.b.c"}))
    assert isinstance(found, Call)
    assert (found.name, found.arguments) == ("a.b.c", (1, 2))
    reference = interpret(BytesIO(b"\x80\x02X\x01\x00\x00\x00xQ."), frozenset())
    assert isinstance(reference, Reference)
    assert reference.value == "x"


class Runs:
    """What a hostile file asks for."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


HOSTILE = {
    "global": lambda path: pickle.dumps(Runs(open, path, "w"), protocol=2),
    "stack global": lambda path: pickle.dumps(Runs(open, path, "w"), protocol=4),
    "eval": lambda path: pickle.dumps(Runs(eval, f"open({path!r}, 'w')"), protocol=2),
    "inst": lambda path: f"(S{path!r}\nS'w'\niio\nopen\n.".encode(),
    "obj": lambda path: f"(cio\nopen\nS{path!r}\nS'w'\no.".encode(),
    "newobj": lambda path: b"\x80\x02cio\nopen\n" + f"(S{path!r}\nS'w'\nt".encode() + b"\x81.",
    "inside an allowed name": lambda _: b"ccollections\nOrderedDict\n(cio\nopen\ntR.",
    "attribute of an allowed name": lambda _: b"ccollections\nOrderedDict.fromkeys\n(tR.",
    "extension": lambda _: b"\x80\x02\x82\x01.",
    "memo": lambda path: f"cio\nopen\nq\x00(S{path!r}\nS'w'\ntR.".encode(),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_runs(kind, tmp_path):
    target = tmp_path / "ran"
    data = HOSTILE[kind](str(target))
    with pytest.raises(InputError, match=r"nothing was run|opcode (INST|OBJ|NEWOBJ|EXT1)"):
        interpret(BytesIO(data), frozenset({ORDERED_DICT}))
    assert not target.exists()
    if kind in ("global", "stack global", "eval"):  # the positive control: Python's own does run it
        pickle.loads(data).close()
        assert target.exists()


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b".", b"(.", b"N", b"R.", b"NR.", b"(t", b"]a.", b"(lNa", b"}Ns.", b"}(Nu.", b"}]Ns.", b"t.", b"g1\n."),
        *(b"0.", b"N0.", b"\xff.", b"b.", b"Nb.", b"]Nb.", b"I1x\n.", b"F1,0\n.", b"\x8c\xff", b"\x8a\xff1"),
        *(b"X\xff\xff\xff\x7fabc.", b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7fabc.", b"Pid\n.", b"(Q."),
        *(
            b"\x8f.",
            b"\x80\x05\x96\x08\x00\x00\x00\x00\x00\x00\x00abc.",
            b"NN\x93.",
            b"ccollections\nOrderedDict\n(]Nat",
        ),
        b"ccollections\nOrderedDict\n(](NNNtatR.",
        b"}L9999999999999L\nNs.",
    ],
)
def test_broken_pickles(data):
    with pytest.raises(InputError):
        interpret(BytesIO(data), frozenset({ORDERED_DICT}))


@pytest.mark.parametrize(
    "data",
    [
        b"N" * 2**21,
        b"(" * 2**21 + b".",
        b"]" + b"2" * 2**20 + b".",
        b"(" * 2**19 + b"t" * 2**19 + b".",
        b"}q\x00" + b"h\x00" * 2**20,
    ],
)
def test_endless_pickles_are_short(data):
    start = time.process_time()
    with pytest.raises(InputError):
        interpret(BytesIO(data), frozenset())
    assert time.process_time() - start < 10
    assert MOST_STEPS == 2**20


def test_every_opcode_is_known_or_refused():
    handled = []
    for opcode in pickletools.opcodes:
        try:
            interpret(BytesIO(b"\x80\x02N" + opcode.code.encode("latin-1") + b"."), frozenset())
        except InputError:
            continue
        handled.append(opcode.name)
    constants = {"NONE", "NEWTRUE", "NEWFALSE", "EMPTY_LIST", "EMPTY_TUPLE", "EMPTY_DICT"}
    assert set(handled) == constants | {"TUPLE1", "MEMOIZE", "BINPERSID", "STOP"}
