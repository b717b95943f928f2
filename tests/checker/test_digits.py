"""A certificate of the size of a small experiment: 8 x 8 images, 5 x 5 filters, float32 weights."""

import random
import struct
from fractions import Fraction

import pytest


def float32(x):
    return Fraction(struct.unpack("<f", struct.pack("<f", x))[0])


@pytest.mark.parametrize(("activation", "root"), [("sigmoid", 4), ("tanh", 4), ("silu", 4), ("softplus(1)", None)])
def test_random_digits(make, run, activation, root):
    generator = random.Random(0)
    count, filters = (150, 12) if root else (20, 2)
    patches = [[8 * (r + i) + s + j for i in range(5) for j in range(5)] for r in range(4) for s in range(4)]
    weights = [[float32(generator.gauss(0, 1)) for _ in range(filters)] for _ in range(25)]
    biases = [float32(generator.gauss(0, 1)) for _ in range(16 * filters)]
    layer = make.convolution(patches, filters, activation, weights=weights, biases=biases)
    samples = [[Fraction(generator.randrange(17), 16) for _ in range(64)] for _ in range(count)]
    document = make.instance(samples, [layer])
    rows, columns = list(range(count)), generator.sample(range(16 * filters), count)
    # 2098079 = 2 * 1049039 + 1; 4 is a square
    evidence = (
        make.minor(2098079, root, rows, columns)
        if root
        else {
            "kind": "ball-minor",
            "precision": 400,
            "rows": rows,
            "columns": columns,
        }
    )
    claims = [
        make.rank(1, count, count, evidence, make.SHAPE),
        {"kind": "distinct-patches", "layer": 1, "cross_position": True, "holds": True, "pair": None},
        {
            "kind": "conclusion",
            "statement": "NH18.T3.5",
            "layer": 1,
            "status": "proved",
            "scope": "almost all parameters",
            "by": "witness",
        },
    ]
    assert run(document, *claims).exit_code == 0
    # one repeated sample, and the minor vanishes
    samples[-1] = samples[0]
    assert run(make.instance(samples, [layer]), claims[0]).exit_code == 1
