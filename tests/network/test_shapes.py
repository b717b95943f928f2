import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.errors import InputError
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.shapes import Dense, Parallel, Window, layer_widths

WINDOWS = st.tuples(
    st.sampled_from([None, 1, 2, 3]), st.integers(1, 3), st.integers(1, 3), st.integers(0, 1), st.booleans()
)


@given(channels=st.integers(1, 3), size=st.integers(3, 9), windows=st.lists(WINDOWS, min_size=1, max_size=3))
def test_same_widths_as_a_network_with_its_patches(channels, size, windows):
    shapes, layers = [], []
    for filters, kernel, stride, padding, _ in windows:
        pad = min(padding, kernel // 2)
        shapes.append(Window(kernel, filters, stride=stride, padding=pad))
        if filters is None:
            layers.append(MaxPooling(kernel, stride=stride, padding=pad))
        else:
            layers.append(Convolution(filters, kernel, stride=stride, padding=pad))
    shapes.append(Dense(4))
    layers.append(FullyConnected(4))
    try:
        expected = Network((channels, size, size), layers, activation="sigmoid").widths
    except InputError:
        with pytest.raises(InputError):
            layer_widths((channels, size, size), shapes)
        return
    found = layer_widths((channels, size, size), shapes)
    assert [each.width for each in found] == list(expected[1:])
    assert [each.number for each in found] == list(range(1, len(layers) + 1))


def test_branches():
    deep = (Window(1, 4), Window(3, 5, padding=1))
    found = layer_widths((2, 6, 6), [Parallel((deep, (Window(3, None, stride=1, padding=None),), ()))])
    assert [(each.number, each.shape) for each in found] == [
        (1, (4, 6, 6)),
        (2, (5, 6, 6)),
        (1, (2, 6, 6)),
        (2, (5 + 2 + 2, 6, 6)),
    ]
    summed = layer_widths((5, 6, 6), [Parallel((deep, ()), add=True), Dense(3)])
    assert [(each.number, each.width) for each in summed] == [(1, 144), (2, 180), (3, 3)]


def test_transposed_and_oblong_windows():
    found = layer_widths((2, 6, 4), [Window(2, 3, stride=2, transposed=True), Window((1, 7), 2, padding=None)])
    assert [each.shape for each in found] == [(3, 12, 8), (2, 12, 8)]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Window(7, 1)], "7×7 convolution on (2, 6, 6); expected a window within its input"),
        (
            [Parallel(((Window(3, 1),), ()))],
            "concatenation of (1, 4, 4), (2, 6, 6); expected shapes that fit",
        ),
        (
            [Parallel(((Window(1, 1),), ()), add=True, name="sum")],
            "sum of (1, 6, 6), (2, 6, 6); expected shapes that fit",
        ),
    ],
)
def test_errors(layers, message):
    with pytest.raises(InputError) as error:
        layer_widths((2, 6, 6), layers)
    assert str(error.value) == message
