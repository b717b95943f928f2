"""A network, samples and weights that fit it, and the specification that several tests change."""

from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
NETWORK = """
[network]
input = [1, 3, 3]
activation = "sigmoid"
[[network.layers]]
kind = "convolution"
filters = 2
kernel = 2
[[network.layers]]
kind = "max-pooling"
kernel = 2
[[network.layers]]
kind = "fully-connected"
units = 3
activation = "relu"
"""
DATA = '\n[data]\nsource = "samples.csv"\n'
SEED = "\n[parameters]\nseed = 0\n"
FILE = '\n[parameters]\nfile = "weights.npz"\n'


def spec(folder, *parts, old="", new=""):
    path = folder / "spec.toml"
    path.write_text("".join(parts).replace(old, new, 1) if old else "".join(parts))
    return path
