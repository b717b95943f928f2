"""Table 1 recomputed: the widest hidden layer of well-known networks against the size of ImageNet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exactcnn.network.shapes import LayerWidth, layer_widths
from exactcnn.theorems.architectures import architectures

IMAGENET = 1_281_167  # training images of ILSVRC 2012; the paper rounds to 1200K


@dataclass(frozen=True)
class Row:
    """One row of Table 1, as printed and recomputed.

    Parameters
    ----------
    name : str
    networks : tuple of str
        The published networks that the row speaks of.
    paper_width, paper_layer : int
        max n_k, "a lower bound on the true width", and k, as printed.
    paper_wide : bool
        Its verdict on max n_k > N.
    widest : LayerWidth
        The first hidden layer of largest width, by the published layer shapes; of several networks, the least wide.
    also : tuple of LayerWidth
        Further hidden layers of that network with n_k > N, or as wide as `widest`.
    sources : tuple of str
    note : str
    """

    name: str
    networks: tuple[str, ...]
    paper_width: int
    paper_layer: int
    paper_wide: bool
    widest: LayerWidth
    also: tuple[LayerWidth, ...]
    sources: tuple[str, ...]
    note: str = ""

    @property
    def width(self) -> int:
        """The width of the widest hidden layer."""
        return self.widest.width

    @property
    def wide(self) -> bool:
        """Whether max n_k > N for ImageNet."""
        return self.width > IMAGENET

    @property
    def confirmed(self) -> bool:
        """Whether the printed verdict is right; the printed width is a lower bound in any case."""
        return self.wide is self.paper_wide

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        return {
            "name": self.name,
            "networks": list(self.networks),
            "paper": {"width": self.paper_width, "layer": self.paper_layer, "wide": self.paper_wide},
            "width": self.width,
            "layer": self.widest.number,
            "layer_name": self.widest.name,
            "shape": list(self.widest.shape),
            "wide": self.wide,
            "confirmed": self.confirmed,
            "sources": list(self.sources),
            "note": self.note,
        }


_PAPER = (  # name, prefix of the networks, max n_k, k, verdict, note
    ("VGG (A-E)", "VGG-", 3_000_000, 1, True, "zero padding, which Definition 2.1 does not have"),
    (
        "InceptionV3",
        "Inception v3",
        1_300_000,
        3,
        True,
        "the layer pads with zeros, which Definition 2.1 does not have",
    ),
    (
        "InceptionV4",
        "Inception v4",
        1_300_000,
        3,
        True,
        "the layer pads with zeros, which Definition 2.1 does not have",
    ),
    (
        "SqueezeNet",
        "SqueezeNet 1.0",
        1_180_000,
        1,
        False,
        "109 × 109 × 96 = 1140576 where 224 × 224 images are not padded",
    ),
    ("ENet", "ENet", 1_000_000, 1, False, "for 512 × 512 images; the class scores, an output layer, are wider"),
    ("GoogLeNet", "GoogLeNet", 800_000, 1, False, ""),
    ("ResNet", "ResNet-", 800_000, 1, False, ""),
    (
        "Xception",
        "Xception",
        700_000,
        1,
        False,
        "the printed width is that of k = 1; an ordinary convolution, k = 2, is wide enough",
    ),
)


def table_1() -> tuple[Row, ...]:
    """Recompute Table 1 from the published layer shapes.

    Returns
    -------
    tuple of Row
        In the paper's order. All verdicts are confirmed but that on Xception.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Table 1.

    Examples
    --------
    >>> for row in table_1():
    ...     print(row.name, row.width, row.widest.number, row.wide, row.confirmed)
    VGG (A-E) 3211264 1 True True
    InceptionV3 1382976 3 True True
    InceptionV4 1382976 3 True True
    SqueezeNet 1182816 1 False True
    ENet 1048576 1 False True
    GoogLeNet 802816 1 False True
    ResNet 802816 1 False True
    Xception 2765952 3 True False
    """
    known = architectures()
    rows = []
    for name, prefix, width, layer, wide, note in _PAPER:
        networks = tuple(key for key in known if key.startswith(prefix))
        hidden = [layer_widths(known[key].input_shape, known[key].layers)[:-1] for key in networks]
        layers = min(hidden, key=lambda each: max(layer.width for layer in each))
        widest = max(layers, key=lambda each: each.width)  # the first of them
        also = tuple(
            each for each in layers if each is not widest and (each.width > IMAGENET or each.width == widest.width)
        )
        sources = tuple(dict.fromkeys(known[key].source for key in networks))
        rows.append(Row(name, networks, width, layer, wide, widest, also, sources, note))
    return tuple(rows)
