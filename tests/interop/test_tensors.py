"""Windows on storages: bounds by brute force, and types by their bytes."""

import itertools

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.interop.tensors import TYPES, Window, check_window, contiguous, decoded, item_size, seen


def test_windows_within_a_storage_and_no_others():
    storage = np.arange(5)
    accepted = 0
    for offset, a, b, s, t in itertools.product(range(4), range(3), range(4), range(4), range(3)):
        window = Window("w", offset, (a, b), (s, t))
        places = [offset + i * s + j * t for i in range(a) for j in range(b)]
        fits = all(p < 5 for p in places) and len(places) <= 5 and offset <= 5
        if fits:
            accepted += 1
            assert seen(window, storage).ravel().tolist() == places
        else:
            with pytest.raises(InputError, match=r"^w: "):
                check_window(window, 5)
    assert accepted > 50


def test_bytes_of_every_type():
    for name in TYPES:
        values = [0, 1, 2, 7]
        if name == "bfloat16":
            data = (np.array(values, dtype="<f4").view("<u4") >> 16).astype("<u2").tobytes()
        else:
            data = np.array(values, dtype=TYPES[name]).astype("<" + TYPES[name]).tobytes()
        assert decoded(data, name).tolist() == values
        assert len(data) == 4 * item_size(name)
        swapped = np.frombuffer(data, dtype=f"<u{item_size(name)}").byteswap().tobytes()
        assert decoded(swapped, name, big_endian=True).tolist() == values


def test_bfloat16_is_exact():
    every = np.arange(2**16, dtype="<u2")
    found = decoded(every.tobytes(), "bfloat16")
    assert (found.view(np.uint32) == every.astype(np.uint32) << 16).all()


def test_strides_in_c_order():
    assert contiguous((2, 3, 4)) == (12, 4, 1)
    assert contiguous(()) == ()
