import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.errors import InputError
from exactcnn.patches.builders import conv1d, conv2d, conv3d, convolution, fully_connected, pooling
from exactcnn.patches.weights import full_weight_matrix


def by_definition(shape, kernel, stride, padding, dilation, layout, pool):
    """Loops over positions, channels and offsets, as the definition reads."""
    channels, *spatial = shape
    grid = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(spatial, kernel, stride, padding, dilation, strict=True)
    ]

    def neuron(c, at):
        if any(not 0 <= x < n for x, n in zip(at, spatial, strict=True)):
            return -1
        index = (c, *at) if layout == "channels-first" else (*at, c)
        size = (channels, *spatial) if layout == "channels-first" else (*spatial, channels)
        return int(np.ravel_multi_index(index, size))

    def window(position, c):
        for offset in itertools.product(*map(range, kernel)):
            yield neuron(
                c,
                [i * s - p + o * d for i, s, p, o, d in zip(position, stride, padding, offset, dilation, strict=True)],
            )

    positions = list(itertools.product(*map(range, grid)))
    if not pool:
        return [[j for c in range(channels) for j in window(at, c)] for at in positions]
    if layout == "channels-first":
        return [list(window(at, c)) for c in range(channels) for at in positions]
    return [list(window(at, c)) for at in positions for c in range(channels)]


@given(st.data(), st.integers(1, 3), st.booleans(), st.sampled_from(["channels-first", "channels-last"]))
def test_every_builder_follows_the_definition(data, axes, pool, layout):
    def numbers(low, high):
        return data.draw(st.lists(st.integers(low, high), min_size=axes, max_size=axes))

    channels, kernel, stride, dilation = data.draw(st.integers(1, 3)), numbers(1, 3), numbers(1, 3), numbers(1, 2)
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    padding = [data.draw(st.integers(0, r - 1)) for r in reach]
    spatial = [data.draw(st.integers(max(1, r - 2 * p), 6)) for r, p in zip(reach, padding, strict=True)]
    options = {"stride": stride, "padding": padding, "dilation": dilation, "layout": layout}
    patches = (pooling if pool else convolution)((channels, *spatial), kernel, **options)
    expected = by_definition((channels, *spatial), kernel, stride, padding, dilation, layout, pool)
    assert patches.graph.slots.tolist() == expected
    assert patches.graph.neurons == channels * np.prod(spatial)
    assert np.prod(patches.spatial) * (channels if pool else 1) == len(expected)


def test_matches_scipy_correlation():
    signal = pytest.importorskip("scipy.signal")
    draw = np.random.default_rng(0)
    image, filters = draw.integers(-9, 9, (2, 6, 5)), draw.integers(-9, 9, (3, 2, 3, 2))
    patches = conv2d((2, 6, 5), (3, 2))
    u = full_weight_matrix(patches.graph, filters.reshape(3, -1).T)
    output = (image.ravel() @ u).reshape(*patches.spatial, 3)
    for t in range(3):
        expected = sum(signal.correlate2d(image[c], filters[t, c], mode="valid") for c in range(2))
        assert (output[:, :, t] == expected).all()


def test_two_layers_compose():
    """The outputs of a convolution are numbered channels-last, as the next layer expects."""
    first = conv1d((1, 6), 2)
    second = conv1d((3, *first.spatial), 2, layout="channels-last")
    assert second.graph.neurons == 3 * first.graph.patch_count
    assert second.graph.slots[0].tolist() == [0, 3, 1, 4, 2, 5]


def test_pooling_stride_is_the_kernel_by_default():
    assert pooling((1, 6, 6), (2, 3)).spatial == (3, 2)
    assert pooling((1, 5), 3, stride=1).spatial == (3,)


def test_fully_connected_is_one_patch():
    patches = fully_connected(4)
    assert patches.graph.slots.tolist() == [[0, 1, 2, 3]]
    assert patches.spatial == ()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: conv2d((1, 3, 3), 4), "kernel = 4 is larger than its input of 3; expected at most 3"),
        (
            lambda: conv2d((1, 3, 3), 6, padding=1),
            "kernel = 6 is larger than its padded input of 5; expected at most 5",
        ),
        (
            lambda: conv2d((1, 3, 3), 2, dilation=3),
            "kernel = 2 with dilation = 3 spans 4, which is larger than its input of 3; expected at most 1",
        ),
        (lambda: conv2d((1, 3, 3), 0), "kernel = 0"),
        (lambda: conv2d((1, 3, 3), (2, 2, 2)), "kernel = "),
        (lambda: conv2d((1, 3, 3), 2, stride=0), "stride = 0"),
        (lambda: conv2d((1, 3, 3), 2, padding=-1), "padding = -1"),
        (lambda: conv2d((1, 3, 3), 2, padding=2), "padding = 2; expected less than the dilated kernel, 2"),
        (lambda: conv2d((1, 3, 3), 2, dilation=0), "dilation = 0"),
        (lambda: conv2d((1, 3, 3), 2.5), "kernel = 2.5"),
        (lambda: conv2d((1, 3, 3), "22"), "kernel = 22"),
        (lambda: conv2d((1, 3, 3.0), 2), "positive integers"),
        (lambda: conv2d((1, 3, 3), 2, layout="nhwc"), "layout = 'nhwc'"),
        (lambda: conv2d((3, 3), 2), "expected channels and 2 spatial sizes for conv2d"),
        (lambda: conv1d((1, 3, 3), 2), "for conv1d"),
        (lambda: conv3d((1, 3, 3), 2), "for conv3d"),
        (lambda: convolution((3,), 2), "expected channels and spatial sizes"),
        (lambda: convolution((0, 3), 2), "positive integers"),
        (lambda: pooling((1, 0), 2), "positive integers"),
        (lambda: pooling((2, 3), 4), "kernel = 4 is larger than its input of 3"),
        (lambda: fully_connected(0), "neurons = 0"),
        (lambda: conv2d((64, 4096, 4096), 7), "GiB"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_padding_as_frameworks_write_it():
    def grid(padding, **options):
        return conv2d((1, 5, 6), 3, padding=padding, **options)

    same = [grid(p) for p in ("same", 1, (1, 1), (1, 1, 1, 1), [1, 1, 1, 1])]
    assert all(np.array_equal(each.graph.slots, same[0].graph.slots) for each in same)
    assert grid("valid").graph.slots.tolist() == grid(0).graph.slots.tolist()
    assert grid((0, 1, 2, 0)).spatial == (5, 5)
    assert grid((0, 1, 2, 0)).graph.slots[0].tolist() == [-1, 0, 1, -1, 6, 7, -1, 12, 13]
    assert grid("same", stride=2).spatial == (3, 3)
    assert conv1d((1, 4), 2, padding="same").graph.slots.tolist() == [[0, 1], [1, 2], [2, 3], [3, -1]]
    assert conv1d((1, 3), 2, padding="same", dilation=2).graph.slots.tolist() == [[-1, 1], [0, 2], [1, -1]]


@pytest.mark.parametrize("padding", ["sam", (1, 2, 3), (), (1, 1, 1, -1), (0.5, 0), True, (True, 0), (0, 0, 0, 3), 3])
def test_padding_that_is_none(padding):
    if padding is True:
        padding = (True, True)
    with pytest.raises(InputError, match=r"^padding = "):
        conv2d((1, 5, 6), 3, padding=padding)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "positions"),
    [
        (5, 2, 2, 0, 3),
        (4, 2, 2, 0, 2),
        (5, 3, 3, 1, 2),
        (4, 3, 3, 1, 2),
        (2, 3, 2, 0, 1),
        (5, 2, 3, 0, 2),
        (3, 1, 5, 0, 1),
    ],
)
def test_ceil_mode(size, kernel, stride, padding, positions):
    """The rule of PyTorch and ONNX: rounded up, but a last window begins before the end of the input."""
    found = pooling((1, size), kernel, stride=stride, padding=padding, ceil_mode=True)
    assert found.spatial == (positions,)
    assert (found.graph.slots[:, 0] < size).all()
    floor = pooling((1, max(size, kernel)), kernel, stride=stride, padding=padding)
    assert positions - floor.spatial[0] in (0, 1)
