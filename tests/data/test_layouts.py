"""Samples stored channels last: moved exactly as declared, refused where the declaration does not fit."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.data.dataset import Dataset
from exactcnn.data.layouts import channels_first, misfit
from exactcnn.data.readers import read_samples
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError

SIZES = st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple)  # (C, L), (C, H, W) or (C, D, H, W)
STORAGE = {
    "integers": lambda a: a,
    "floats": lambda a: a / 7,
    "large": lambda a: a.astype(object) * 2**70,
    "fractions": lambda a: ExactArray(a, np.arange(1, a.size + 1).reshape(a.shape)),
    "a fraction for each channel": lambda a: ExactArray(a, np.arange(1, a.shape[-1] + 1)),
}


def exact(values):
    return np.array(ExactArray.from_array(values).fractions())


@given(SIZES, st.integers(1, 3), st.sampled_from(list(STORAGE)))
def test_the_last_axis_moves_to_the_front(sizes, count, storage):
    channels, *spatial = sizes
    stored = STORAGE[storage](np.arange(count * math.prod(sizes)).reshape(count, *spatial, channels))
    expected = np.moveaxis(exact(stored), -1, 1).reshape(count, -1).tolist()
    for input_shape in (None, sizes, list(sizes)):
        data = Dataset.from_array(stored, layout="channels-last", input_shape=input_shape)
        assert data.shape == sizes
        assert data.samples.fractions().tolist() == expected
        data.check_input(sizes)
    flat = stored.reshape(count, math.prod(sizes))
    data = Dataset.from_array(flat, layout="channels-last", input_shape=sizes)
    assert (data.shape, data.samples.fractions().tolist()) == (sizes, expected)


@given(SIZES, st.integers(1, 2))
def test_by_default_samples_are_channels_first(sizes, count):
    stored = np.arange(count * math.prod(sizes)).reshape(count, *sizes)
    data = Dataset.from_array(stored, input_shape=sizes)
    assert data.samples.numbers.tolist() == stored.reshape(count, -1).tolist()
    assert (data.shape, data.layout) == (sizes, "channels-first")


def test_one_entry_by_hand():
    image = np.zeros((1, 4, 5, 3), dtype=int)
    image[0, 2, 1, 0], image[0, 3, 4, 2] = 7, 9
    samples = Dataset.from_array(image, layout="channels-last").samples.numbers[0]
    assert np.flatnonzero(samples).tolist() == [0 * 20 + 2 * 5 + 1, 2 * 20 + 3 * 5 + 4]
    assert samples[[11, 59]].tolist() == [7, 9]


@pytest.mark.parametrize("shape", [(8, 8, 8), (4, 4), (3, 5, 3), (2, 2, 2, 2)])
def test_where_sizes_agree_the_declaration_decides(shape):
    stored = np.arange(2 * math.prod(shape)).reshape(2, *shape)
    first = Dataset.from_array(stored)
    last = Dataset.from_array(stored, layout="channels-last")
    assert first.samples.numbers.tolist() == stored.reshape(2, -1).tolist()
    assert last.samples.numbers.tolist() == np.moveaxis(stored, -1, 1).reshape(2, -1).tolist()
    assert last.samples.numbers.tolist() != first.samples.numbers.tolist()


def test_pictures_are_of_one_channel_in_both_layouts():
    pictures = np.arange(32).reshape(2, 4, 4)
    for shape in ((2, 4, 4), (2, 4, 4, 1), (2, 16)):
        for layout in ("channels-first", "channels-last"):
            if shape == (2, 4, 4, 1) and layout == "channels-first":
                continue
            data = Dataset.from_array(pictures.reshape(shape), layout=layout, input_shape=(1, 4, 4))
            assert data.samples.numbers.tolist() == pictures.reshape(2, -1).tolist()
            data.check_input((1, 4, 4))
    # (length, channels) as declared: channels of length 4, and no picture any more
    moved = Dataset.from_array(pictures, layout="channels-last")
    assert moved.samples.numbers[0].tolist() == pictures[0].T.ravel().tolist()
    moved.check_input((4, 4))
    for input_shape in ((1, 4, 4), (16,)):
        with pytest.raises(InputError, match=r"shape \[4, 4\], channels first.*; expected the same shape"):
            moved.check_input(input_shape)


def test_later_steps_keep_the_layout_and_labels():
    data = Dataset.from_array(np.arange(24).reshape(2, 2, 2, 3), labels=[5, 6], layout="channels-last")
    assert data.provenance == "given array; channels moved from last to first"
    last = data.subset([1])
    assert (last.layout, last.labels.tolist(), last.shape) == ("channels-last", [6], (3, 2, 2))
    with pytest.raises(InputError, match=r"^samples of data are channels first already"):
        last.channels_first()


@given(st.permutations([3, 8, 9]), st.sampled_from([(3, 8, 9), (9, 3, 8), (8, 9, 3)]))
def test_sizes_in_another_order_are_refused_and_no_other_input_is_proposed(shape, input_shape):
    data = Dataset.from_array(np.zeros((1, *shape), dtype=int))
    if tuple(shape) == input_shape:
        data.check_input(input_shape)
        return
    with pytest.raises(InputError) as caught:
        data.check_input(input_shape)
    stored = [*input_shape[1:], input_shape[0]]
    assert str(caught.value) == (
        f"samples of data have shape {list(shape)}, the input {list(input_shape)}: channels last? "
        f"expected {list(input_shape)}, or {stored} with layout = 'channels-last'"
    )
    right = Dataset.from_array(np.zeros((1, *stored), dtype=int), layout="channels-last", input_shape=input_shape)
    right.check_input(input_shape)  # the advice is right


@pytest.mark.parametrize(
    ("shape", "input_shape", "message"),
    [
        ((12,), None, "samples of x are flat; expected input_shape = (channels, height, width) beside layout"),
        (
            (12,),
            (12,),
            "layout = 'channels-last' with the input [12], which has no channels; expected [channels, height",
        ),
        ((2, 2, 3), (12,), "layout = 'channels-last' with the input [12], which has no channels"),
        ((13,), (3, 2, 2), "samples of x have 13 entries; expected 12, as in the input"),
        ((2, 2, 4), (3, 2, 2), "samples of x have 16 entries; expected 12, as in the input"),
        (
            (3, 2, 4),
            (3, 2, 4),
            "expected [2, 4, 3] for layout = 'channels-last' and the input [3, 2, 4]; these are channels first",
        ),
        ((4, 2, 3), (3, 2, 4), "samples of x have shape [4, 2, 3]; expected [2, 4, 3] for layout = 'channels-last'"),
        ((4, 6), (3, 2, 4), "samples of x have shape [4, 6]; expected [2, 4, 3] for layout"),
        ((8, 3), (3, 2, 4), "samples of x have shape [8, 3]; expected [2, 4, 3] for layout"),
        ((1, 2, 4), (1, 2, 4), "samples of x have shape [1, 2, 4]; expected [2, 4, 1] for layout"),
        ((4, 2), (1, 2, 4), "samples of x have shape [4, 2]; expected [2, 4, 1] for layout"),
    ],
)
def test_what_does_not_fit_the_declaration(shape, input_shape, message):
    values = np.zeros((2, *shape), dtype=int)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        Dataset.from_array(values, layout="channels-last", input_shape=input_shape, name="x")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("layout", ["NHWC", "last", None, 1])
def test_layouts_that_are_none(layout):
    with pytest.raises(InputError, match=r"^layout = .*; expected 'channels-first' or 'channels-last'$"):
        Dataset.from_array([[1]], layout=layout)


@pytest.mark.parametrize("input_shape", ["ab", (2.0, 1), (0, 2), (), 2, [[1, 2]], (-1, -2), (1, None), (True, 2)])
def test_input_shapes_that_are_none(input_shape):
    for layout in ("channels-first", "channels-last"):
        with pytest.raises(InputError, match=r"^input_shape[^\n]*; expected [^\n]*integer"):
            Dataset.from_array([[1, 2]], layout=layout, input_shape=input_shape)


def test_other_shapes_are_not_taken_for_an_order():
    text = misfit((8, 8, 3), (3, 64), "channels-first", name="x")
    assert text == "samples of x have shape [8, 8, 3], the input [3, 64]; expected the same shape, channels first"


def test_samples_are_not_changed():
    stored = np.arange(12).reshape(1, 2, 2, 3)
    samples = ExactArray.from_array(stored.reshape(1, 12))
    channels_first(samples, (2, 2, 3), None, name="x")
    assert samples.numbers.tolist() == [list(range(12))]


@pytest.mark.parametrize("suffix", ["npy", "npz", "csv"])
def test_files(tmp_path, suffix):
    stored = np.arange(24)[::-1].reshape(2, 2, 2, 3)
    path = tmp_path / f"images.{suffix}"
    if suffix == "npy":
        np.save(path, stored)
    elif suffix == "npz":
        np.savez(path, samples=stored, labels=[4, 5])
    else:
        np.savetxt(path, stored.reshape(2, -1), fmt="%d", delimiter=",")
    data = read_samples(path, layout="channels-last", input_shape=(3, 2, 2))
    assert data.samples.numbers.tolist() == np.moveaxis(stored, -1, 1).reshape(2, -1).tolist()
    assert data.shape == (3, 2, 2)
    if suffix == "csv":
        with pytest.raises(InputError, match=r"images.csv are flat; expected input_shape"):
            read_samples(path, layout="channels-last")
    else:
        assert read_samples(path, layout="channels-last").shape == (3, 2, 2)
        with pytest.raises(InputError, match="channels last"):
            read_samples(path, input_shape=(3, 2, 2))
