"""Layer shapes of published networks, for Table 1: facts of the cited papers and of their authors' releases.

Sizes are those at which the networks were trained and published. Pooling that rounds up is written with the padding
that gives the same sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exactcnn.network.shapes import Dense, LayerShape, Parallel, Window

Layers = tuple[LayerShape, ...]


@dataclass(frozen=True)
class Architecture:
    """A published network: input shape, layers, and where the shapes stand."""

    input_shape: tuple[int, int, int]
    layers: Layers
    source: str


def _same(filters: int, kernel: int | tuple[int, int] = 1, *, stride: int = 1, name: str = "") -> Window:
    return Window(kernel, filters, stride=stride, padding=None, name=name)


def _pool(kernel: int, stride: int, padding: int | None = 0) -> Window:
    return Window(kernel, None, stride=stride, padding=padding)


def _branches(*branches: Layers) -> Parallel:
    return Parallel(branches)


def _average(size: int) -> Layers:
    return (_pool(size, size), Dense(1000))


# ------------------------------------------------------------------------ VGG and ResNet

_VGG = {  # digits: 3×3 convolutions of a block; 1: a 1×1 convolution after the two 3×3 ones
    "A": ("3", "3", "33", "33", "33"),
    "B": ("33", "33", "33", "33", "33"),
    "C": ("33", "33", "331", "331", "331"),
    "D": ("33", "33", "333", "333", "333"),
    "E": ("33", "33", "3333", "3333", "3333"),
}


def _vgg(blocks: tuple[str, ...]) -> Architecture:
    layers: list[LayerShape] = []
    for filters, block in zip((64, 128, 256, 512, 512), blocks, strict=True):
        layers += [_same(filters, int(kernel)) for kernel in block]
        layers.append(_pool(2, 2))
    layers += [Dense(4096), Dense(4096), Dense(1000)]
    return Architecture((3, 224, 224), tuple(layers), "Simonyan and Zisserman, arXiv 1409.1556, Table 1")


_RESNET = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def _resnet(depth: int) -> Architecture:
    layers: list[LayerShape] = [_same(64, 7, stride=2), _pool(3, 2, 1)]
    channels = 64
    for stage, count in enumerate(_RESNET[depth]):
        inner = 64 * 2**stage
        outer = inner if depth < 50 else 4 * inner
        for block in range(count):
            stride = 2 if stage and not block else 1
            body: Layers = (_same(inner, 3, stride=stride), _same(inner, 3))
            if depth >= 50:
                body = (_same(inner, stride=stride), _same(inner, 3), _same(outer))
            shortcut: Layers = () if channels == outer else (_same(outer, stride=stride),)
            layers.append(Parallel((body, shortcut), add=True, name="residual"))
            channels = outer
    return Architecture((3, 224, 224), (*layers, *_average(7)), "He, Zhang, Ren and Sun, arXiv 1512.03385, Table 1")


# ------------------------------------------------------------------------ GoogLeNet, Inception


def _googlenet() -> Architecture:
    def module(a: int, b: int, c: int, d: int, e: int, f: int) -> Parallel:
        return _branches((_same(a),), (_same(b), _same(c, 3)), (_same(d), _same(e, 5)), (_pool(3, 1, 1), _same(f)))

    layers: Layers = (
        *(_same(64, 7, stride=2), _pool(3, 2, 1), _same(64), _same(192, 3), _pool(3, 2, 1)),
        *(module(64, 96, 128, 16, 32, 32), module(128, 128, 192, 32, 96, 64), _pool(3, 2, 1)),
        *(module(192, 96, 208, 16, 48, 64), module(160, 112, 224, 24, 64, 64), module(128, 128, 256, 24, 64, 64)),
        *(module(112, 144, 288, 32, 64, 64), module(256, 160, 320, 32, 128, 128), _pool(3, 2, 1)),
        *(module(256, 160, 320, 32, 128, 128), module(384, 192, 384, 48, 128, 128)),
    )
    return Architecture((3, 224, 224), (*layers, *_average(7)), "Szegedy et al., arXiv 1409.4842, Table 1")


_STEM = (Window(3, 32, stride=2), Window(3, 32), _same(64, 3))


def _inception_v3() -> Architecture:
    def pooled(filters: int) -> Layers:
        return (_pool(3, 1, 1), _same(filters))

    def at_35(pool: int) -> Parallel:
        return _branches((_same(64),), (_same(48), _same(64, 5)), (_same(64), _same(96, 3), _same(96, 3)), pooled(pool))

    def at_17(inner: int) -> Parallel:
        twice = (_same(inner, (7, 1)), _same(inner, (1, 7)))
        return _branches(
            (_same(192),),
            (_same(inner), _same(inner, (1, 7)), _same(192, (7, 1))),
            (_same(inner), *twice, _same(inner, (7, 1)), _same(192, (1, 7))),
            pooled(192),
        )

    def at_8() -> Parallel:
        pair = _branches((_same(384, (1, 3)),), (_same(384, (3, 1)),))
        return _branches((_same(320),), (_same(384), pair), (_same(448), _same(384, 3), pair), pooled(192))

    to_17 = _branches((Window(3, 384, stride=2),), (_same(64), _same(96, 3), Window(3, 96, stride=2)), (_pool(3, 2),))
    to_8 = _branches(
        (_same(192), Window(3, 320, stride=2)),
        (_same(192), _same(192, (1, 7)), _same(192, (7, 1)), Window(3, 192, stride=2)),
        (_pool(3, 2),),
    )
    layers: Layers = (
        *(*_STEM, _pool(3, 2), Window(1, 80), Window(3, 192), _pool(3, 2)),
        *(at_35(32), at_35(64), at_35(64), to_17, at_17(128), at_17(160), at_17(160), at_17(192)),
        *(to_8, at_8(), at_8()),
    )
    source = "Szegedy et al., arXiv 1512.00567, Table 1, in the form of the released model"
    return Architecture((3, 299, 299), (*layers, *_average(8)), source)


def _inception_v4() -> Architecture:
    def pooled(filters: int) -> Layers:
        return (_pool(3, 1, 1), _same(filters))

    stem = (
        *_STEM,
        _branches((_pool(3, 2),), (Window(3, 96, stride=2),)),
        _branches((_same(64), Window(3, 96)), (_same(64), _same(64, (1, 7)), _same(64, (7, 1)), Window(3, 96))),
        _branches((Window(3, 192, stride=2),), (_pool(3, 2),)),
    )
    a = _branches((_same(96),), (_same(64), _same(96, 3)), (_same(64), _same(96, 3), _same(96, 3)), pooled(96))
    to_17 = _branches(
        (Window(3, 384, stride=2),), (_same(192), _same(224, 3), Window(3, 256, stride=2)), (_pool(3, 2),)
    )
    b = _branches(
        (_same(384),),
        (_same(192), _same(224, (1, 7)), _same(256, (7, 1))),
        (_same(192), _same(192, (7, 1)), _same(224, (1, 7)), _same(224, (7, 1)), _same(256, (1, 7))),
        pooled(128),
    )
    to_8 = _branches(
        (_same(192), Window(3, 192, stride=2)),
        (_same(256), _same(256, (1, 7)), _same(320, (7, 1)), Window(3, 320, stride=2)),
        (_pool(3, 2),),
    )
    pair = _branches((_same(256, (1, 3)),), (_same(256, (3, 1)),))
    c = _branches(
        (_same(256),), (_same(384), pair), (_same(384), _same(448, (3, 1)), _same(512, (1, 3)), pair), pooled(256)
    )
    layers: Layers = (*stem, *[a] * 4, to_17, *[b] * 7, to_8, *[c] * 3)
    return Architecture((3, 299, 299), (*layers, *_average(8)), "Szegedy et al., arXiv 1602.07261, Figures 3 to 9")


# ------------------------------------------------------------------------ Xception, SqueezeNet, ENet


def _xception() -> Architecture:
    def block(number: int, first: int, last: int) -> Parallel:
        body = (
            _same(first, 3, name=f"block{number}_sepconv1"),
            _same(last, 3, name=f"block{number}_sepconv2"),
            _pool(3, 2, 1),
        )
        return Parallel((body, (Window(1, last, stride=2),)), add=True, name="residual")

    def middle(number: int) -> Parallel:
        body = tuple(_same(728, 3, name=f"block{number}_sepconv{i}") for i in (1, 2, 3))
        return Parallel((body, ()), add=True, name="residual")

    layers: Layers = (
        *(Window(3, 32, stride=2, name="block1_conv1"), Window(3, 64, name="block1_conv2")),
        *(block(2, 128, 128), block(3, 256, 256), block(4, 728, 728)),
        *(middle(number) for number in range(5, 13)),
        *(block(13, 728, 1024), _same(1536, 3, name="block14_sepconv1"), _same(2048, 3, name="block14_sepconv2")),
    )
    source = "Chollet, arXiv 1610.02357, Figure 5, and the author's release in Keras"
    return Architecture((3, 299, 299), (*layers, *_average(10)), source)


def _squeezenet() -> Architecture:
    def fire(squeeze: int, expand: int) -> Layers:
        return (_same(squeeze), _branches((_same(expand),), (_same(expand, 3),)))

    layers: Layers = (
        *(Window(7, 96, stride=2), _pool(3, 2), *fire(16, 64), *fire(16, 64), *fire(32, 128), _pool(3, 2)),
        *(*fire(32, 128), *fire(48, 192), *fire(48, 192), *fire(64, 256), _pool(3, 2), *fire(64, 256)),
        *(Window(1, 1000, padding=1), _pool(15, 15)),
    )
    source = (
        "Iandola et al., arXiv 1602.07360, Table 1 (111 × 111 × 96), and the authors' release 1.0 (input 227 × 227)"
    )
    return Architecture((3, 227, 227), layers, source)


def _enet() -> Architecture:
    def bottleneck(filters: int, first: Window | None = None, main: Window | None = None) -> Layers:
        inner = filters // 4
        return (first or _same(inner), main or _same(inner, 3), _same(filters))

    def down(filters: int) -> Layers:
        return bottleneck(filters, Window(2, filters // 4, stride=2))

    def up(filters: int) -> Layers:
        return bottleneck(filters, main=Window(2, filters // 4, stride=2, transposed=True))

    layers: Layers = (
        Parallel(((Window(3, 13, stride=2, padding=1),), (_pool(2, 2),)), name="initial block"),
        *(*down(64), *bottleneck(64) * 4, *down(128), *bottleneck(128) * 16),
        *(*up(64), *bottleneck(64) * 2, *up(16), *bottleneck(16)),
        Window(2, 19, stride=2, transposed=True, name="class scores"),
    )
    source = (
        "Paszke et al., arXiv 1606.02147, Table 1 (512 × 512 input; the table's sizes by a public implementation, "
        "channels inside bottlenecks from memory)"
    )
    return Architecture((3, 512, 512), layers, source)


def architectures() -> Mapping[str, Architecture]:
    """All networks of Table 1 by name; the output layer is the last one.

    Examples
    --------
    >>> sorted(architectures())[:3]
    ['ENet', 'GoogLeNet', 'Inception v3']
    """
    return {
        **{f"VGG-{name}": _vgg(blocks) for name, blocks in _VGG.items()},
        "Inception v3": _inception_v3(),
        "Inception v4": _inception_v4(),
        "SqueezeNet 1.0": _squeezenet(),
        "ENet": _enet(),
        "GoogLeNet": _googlenet(),
        **{f"ResNet-{depth}": _resnet(depth) for depth in _RESNET},
        "Xception": _xception(),
    }
