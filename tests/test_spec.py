"""Specification files: what they mean, what is refused, and the examples of the documentation."""

import re
import runpy
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.errors import InputError
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.spec import LARGEST_FILE, load, load_dataset, load_parameters, read_spec

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"

FULL = """
[data]
source = "samples.csv"
samples = 3
scale = "1/16"
perturbation = "1e-6"
seed = 7

[network]
input = [1, 4, 4]
activation = "relu"

[[network.layers]]
kind = "convolution"
filters = 3
kernel = [2, 3]
stride = 1
padding = [0, 1]
dilation = 1
bias = "filter"
activation = "sigmoid"

[[network.layers]]
kind = "max-pooling"
kernel = 2
stride = 1

[[network.layers]]
kind = "convolution"
filters = 2
patches = [[0, 1], [2, 3]]
bias = "none"

[[network.layers]]
kind = "fully-connected"
units = 10
activation = "identity"

[parameters]
seed = 4
"""


def write(folder, text, name="spec.toml"):
    path = Path(folder, name)
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_is_read(tmp_path):
    spec = read_spec(write(tmp_path, FULL))
    assert spec.network == Network(
        (1, 4, 4),
        [
            Convolution(3, (2, 3), padding=(0, 1), bias="filter", activation="sigmoid"),
            MaxPooling(2, stride=1),
            Convolution(2, patches=((0, 1), (2, 3)), bias="none"),
            FullyConnected(10, activation="identity"),
        ],
        activation="relu",
    )
    assert (spec.data.source, spec.data.samples, spec.data.seed) == ("samples.csv", 3, 7)
    assert (spec.data.scale, spec.data.perturbation) == ("1/16", "1e-6")
    assert (spec.parameters.seed, spec.parameters.file) == (4, None)


def test_defaults_are_those_of_the_layers(tmp_path):
    text = '[network]\ninput = [1, 4]\nlayers = [{kind = "convolution", filters = 2, kernel = 2}]'
    spec = read_spec(str(write(tmp_path, text)))
    assert spec.network == Network((1, 4), [Convolution(2, 2)])
    assert (spec.data, spec.parameters) == (None, None)
    for read, table in ((load_dataset, "data"), (lambda s: load_parameters(s, layer=1), "parameters")):
        with pytest.raises(InputError, match=rf"spec.toml: no \[{table}\]"):
            read(spec)


REPLACED = [
    ("filters = 3", "filer = 3", "spec.toml: network.layers[0]: unknown key 'filer'; did you mean 'filters'?"),
    ("filters = 3", "filters = 0", "network: layer 1 (convolution): filters = 0; expected a positive integer"),
    ("filters = 3", "filters = 3.0", "network.layers[0].filters = 3.0; expected an integer"),
    ("filters = 3", "filters = true", "network.layers[0].filters = True; expected an integer"),
    ("filters = 3\n", "", "network.layers[0]: key 'filters' is missing"),
    ("kernel = [2, 3]", 'kernel = [2, "3"]', "network.layers[0].kernel[1] = '3'; expected an integer"),
    ("kernel = [2, 3]", 'kernel = "2"', "network.layers[0].kernel = '2'; expected an integer or a list"),
    ("kernel = [2, 3]", "kernel = [5, 3]", "network: layer 1 (convolution): kernel"),
    ("kernel = [2, 3]", "kernel = 2\nunits = 3", "network.layers[0]: unknown key 'units'"),
    ("padding = [0, 1]", "padding = -1", "padding = -1"),
    ("stride = 1", "stride = 0", "stride = 0"),
    (
        'bias = "filter"',
        'bias = "filtr"',
        "network.layers[0].bias = 'filtr'; expected 'neuron', 'filter' or 'none'; did",
    ),
    (
        'kind = "max-pooling"',
        'kind = "maxpooling"',
        "layers[1].kind = 'maxpooling'; expected 'convolution', 'max-pooling', 'average-pooling' or",
    ),
    ('kind = "max-pooling"', 'kind = "maxpooling"', "; did you mean 'max-pooling'?"),
    ('kind = "max-pooling"\n', "", "network.layers[1]: key 'kind' is missing"),
    ('kind = "max-pooling"', "kind = [1]", "network.layers[1].kind = [1]; expected 'convolution'"),
    ("[[0, 1], [2, 3]]", "[[0, 1], [2]]", "layer 3 (convolution): patches[1] has 1 neuron; expected 2"),
    ("[[0, 1], [2, 3]]", "[[0, 1], [2, 0.5]]", "network.layers[2].patches[1][1] = 0.5; expected an integer"),
    ("[[0, 1], [2, 3]]", "[[0, 1], [2, 99]]", "patches[1][1] = 99; expected a neuron from 0"),
    ("units = 10", "units = 1000000000000", "GiB"),
    ('"identity"', '"idenity"', "layer 4 (fully-connected): "),
    ('"identity"', "3", "network.layers[3].activation = 3; expected a string"),
    ('activation = "relu"', 'activation = "rleu"', "relu"),
    ("input = [1, 4, 4]", "input = [1, 4, 0]", "network: input[2] = 0; expected a positive integer"),
    ("input = [1, 4, 4]", "input = 16", "network.input = 16; expected a list"),
    ("input = [1, 4, 4]\n", "", "network: key 'input' is missing"),
    ("input = [1, 4, 4]", "inputs = [1, 4, 4]", "network: unknown key 'inputs'; did you mean 'input'?"),
    ("[network]", "[networks]", "top level: unknown key 'networks'; did you mean 'network'?"),
    ("[data]", "zzz = 1\n[data]", "unknown key 'zzz'; expected 'network', 'data', 'parameters' or 'activations'"),
    ("[data]", "data = 3\n[other]", "top level: unknown key 'other'"),
    ('source = "samples.csv"\n', "", "data: key 'source' is missing"),
    ("samples = 3", "samples = 0", "data.samples = 0; expected a positive integer"),
    ("samples = 3", "sample = 3", "data: unknown key 'sample'; did you mean 'samples'?"),
    ('scale = "1/16"', "scale = 0.0625", 'expected an integer or a string: write "0.0625" or "1/16"'),
    ('scale = "1/16"', "scale = nan", "data.scale = nan; expected an integer or a string"),
    ('"1e-6"', "1e-6", 'data.perturbation = 1e-06; expected an integer or a string: write "1e-06" or "1/1000000"'),
    ('scale = "1/16"', 'scale = "1/0"', "data.scale: '1/0' is not a number"),
    ('scale = "1/16"', 'scale = "-1/16"', "data.scale = -1/16; expected a positive number"),
    ('"1e-6"', '"0"', "data.perturbation = 0; expected a positive number"),
    ('"1e-6"', '"tiny"', "data.perturbation: 'tiny' is not a number"),
    ("seed = 7", "seed = -7", "data.seed = -7; expected an integer of at least 0"),
    ("seed = 4", "seed = -4", "parameters.seed = -4; expected an integer of at least 0"),
    ("seed = 4", "", "parameters: expected one of 'seed', 'file' and 'values'"),
    ("seed = 4", 'seed = 4\nfile = "w.npz"', "parameters: expected one of 'seed', 'file' and 'values'"),
    (
        "seed = 4",
        'seed = 4\nlayout = "torch"',
        "parameters.layout = 'torch' beside 'seed'; expected it beside 'file' or 'values'",
    ),
    (
        "seed = 4",
        'file = "w.npz"\nlayout = "pytorch"',
        "parameters.layout = 'pytorch'; expected 'paper', 'torch' or 'keras'; did you mean 'torch'?",
    ),
    ("samples = 3", 'layout = "channel-last"', "data.layout = 'channel-last'; expected 'channels-first' or"),
    ("samples = 3", 'layout = "channel-last"', "; did you mean 'channels-last'?"),
    ("seed = 4", "seeds = 4", "parameters: unknown key 'seeds'; did you mean 'seed'?"),
    ("seed = 4", "seed = = 4", "not TOML: Invalid value (at line 40, column 8)"),
    ("[parameters]", "[data]", "(at line 39, column 6)"),
]


@pytest.mark.parametrize(("old", "new", "message"), REPLACED)
def test_one_wrong_thing_is_one_line(tmp_path, old, new, message):
    assert old in FULL
    with pytest.raises(InputError) as caught:
        read_spec(write(tmp_path, FULL.replace(old, new, 1)))
    assert message in str(caught.value)
    assert str(caught.value).startswith("spec.toml: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "network = 1", "network = []", "[network]\ninput = [1]\nlayers = [1]", "[network]"]
)
def test_documents_of_another_shape(tmp_path, text):
    with pytest.raises(InputError, match=r"^spec.toml: [^\n]*$"):
        read_spec(write(tmp_path, text))


@settings(max_examples=150)
@given(st.data())
def test_broken_text_is_read_or_refused_but_never_crashes(tmp_path_factory, data):
    place = data.draw(st.integers(0, len(FULL) - 1))
    cut = data.draw(st.integers(0, 12))
    fragments = [
        "",
        "\n",
        '"',
        "[",
        "]",
        "=",
        "-",
        "9",
        "0",
        "9" * 25,
        "1e9",
        "nan",
        "true",
        "[]",
        "{}",
        "\\n",
        "\x00",
        "é",
    ]
    text = FULL[:place] + data.draw(st.sampled_from(fragments)) + FULL[place + cut :]
    path = write(tmp_path_factory.getbasetemp(), text)
    try:
        spec = read_spec(path)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017 - both outcomes are right
    else:
        assert len(spec.network.widths) == len(spec.network.layers) + 1


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_spec(tmp_path / "absent.toml")
    with pytest.raises(InputError, match="directory"):
        read_spec(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(InputError, match=r"latin\.toml: byte 5 is not UTF-8"):
        read_spec(tmp_path / "latin.toml")
    with pytest.raises(InputError, match=rf"large.toml: .*at most {LARGEST_FILE} bytes"):
        read_spec(write(tmp_path, "#" * (LARGEST_FILE + 1), "large.toml"))
    with pytest.raises(InputError, match=r"deep\.toml: not TOML"):
        read_spec(write(tmp_path, "a = " + "[" * 100_000, "deep.toml"))


def test_data_and_parameters_beside_the_specification(tmp_path, monkeypatch):
    samples = np.arange(1, 65).reshape(4, 16)
    np.savetxt(tmp_path / "samples.csv", samples, fmt="%d", delimiter=",")
    spec = read_spec(write(tmp_path, FULL.replace('perturbation = "1e-6"\n', "")))
    monkeypatch.chdir("/")  # files are looked for beside the specification, not in the working directory
    dataset = load_dataset(spec)
    assert dataset.samples.fractions().tolist() == [[Fraction(int(x), 16) for x in row] for row in samples[:3]]
    drawn, expected = load_parameters(spec, layer=1), random_parameters(spec.network, seed=4, upto=1)
    assert len(drawn.layers) == 1
    assert (drawn.layer(1).weights.fractions() == expected.layer(1).weights.fractions()).all()

    near = load_dataset(read_spec(write(tmp_path, FULL)))
    moved = near.samples.fractions() - dataset.samples.fractions()
    assert 0 < abs(moved).max() <= Fraction(1, 10**6)


def test_parameters_from_a_file(tmp_path):
    path = write(tmp_path, FULL.replace("seed = 4", 'file = "w.npz"'))
    with pytest.raises(InputError, match=r"w.npz"):
        load_parameters(read_spec(path), layer=1)
    np.savez(tmp_path / "w.npz", W1=np.ones((6, 3)), b1=np.zeros(3), W3=np.ones((2, 2)))
    assert len(load_parameters(read_spec(path), layer=3).layers) == 3
    with pytest.raises(InputError, match=r"^w.npz: W4 is missing"):
        load_parameters(read_spec(path), layer=4)
    np.savez(tmp_path / "w.npz", W1=np.ones((3, 6)), b1=np.zeros(3))
    with pytest.raises(InputError, match=r"^w.npz: W1 has shape \(3, 6\); expected \(6, 3\)"):
        load_parameters(read_spec(path), layer=1)


def test_parameters_from_a_file_of_another_kind(tmp_path):
    for name in ("model.onnx", "."):
        path = write(tmp_path, FULL.replace("seed = 4", f'file = "{name}"'))
        with pytest.raises(InputError, match=r"no file of parameters; expected one of .npz, .toml, .pth, .pt"):
            load_parameters(read_spec(path), layer=1)


def test_data_that_does_not_fit(tmp_path):
    np.savetxt(tmp_path / "samples.csv", np.arange(1, 61).reshape(4, 15), fmt="%d", delimiter=",")
    with pytest.raises(
        InputError, match=r"^spec.toml: data: samples of \S+samples.csv have 15 entries; expected 16, as in the input$"
    ):
        load_dataset(read_spec(write(tmp_path, FULL)))
    np.save(tmp_path / "samples.npy", np.arange(48).reshape(3, 4, 4))
    pictures = FULL.replace("samples.csv", "samples.npy")
    assert load_dataset(read_spec(write(tmp_path, pictures))).shape == (4, 4)
    np.save(tmp_path / "samples.npy", np.arange(48).reshape(3, 2, 8))
    with pytest.raises(InputError, match=r"shape \[2, 8\], the input \[1, 4, 4\]; expected the same shape, channels"):
        load_dataset(read_spec(write(tmp_path, pictures)))
    with pytest.raises(InputError, match=r"'digit' cannot be opened; expected .*did you mean 'digits'\?"):
        load_dataset(read_spec(write(tmp_path, FULL.replace("samples.csv", "digit"))))
    np.savetxt(tmp_path / "samples.csv", np.arange(1, 33).reshape(2, 16), fmt="%d", delimiter=",")
    with pytest.raises(InputError, match="samples = 3; expected an integer from 1 to 2"):
        load_dataset(read_spec(write(tmp_path, FULL)))


# ---------------------------------------------------------------- layouts

COLOURS = """
[data]
source = "images.npy"

[network]
input = [3, 4, 5]
activation = "relu"

[[network.layers]]
kind = "convolution"
filters = 2
kernel = [2, 3]
bias = "filter"

[[network.layers]]
kind = "fully-connected"
units = 4

[parameters]
file = "w.npz"
"""
LAST = COLOURS.replace("[network]", 'layout = "channels-last"\n\n[network]', 1)


def test_the_advice_for_images_stored_channels_last_is_right(tmp_path):
    images = np.arange(180).reshape(3, 3, 4, 5) ** 2 % 23
    np.save(tmp_path / "images.npy", images)
    expected = load_dataset(read_spec(write(tmp_path, COLOURS)))
    assert expected.samples.numbers.tolist() == images.reshape(3, -1).tolist()
    with pytest.raises(InputError, match=r"^spec.toml: data: .*expected \[4, 5, 3\] .*; these are channels first$"):
        load_dataset(read_spec(write(tmp_path, LAST)))

    np.save(tmp_path / "images.npy", np.moveaxis(images, 1, -1))
    with pytest.raises(InputError) as caught:
        load_dataset(read_spec(write(tmp_path, COLOURS)))
    assert re.fullmatch(
        r"spec.toml: data: samples of \S+images.npy have shape \[4, 5, 3\], the input \[3, 4, 5\]: channels last\? "
        r"expected \[3, 4, 5\], or \[4, 5, 3\] with layout = 'channels-last'",
        str(caught.value),
    )
    followed = load_dataset(read_spec(write(tmp_path, LAST)))
    assert followed.samples.numbers.tolist() == expected.samples.numbers.tolist()
    assert followed.shape == (3, 4, 5)

    np.savetxt(tmp_path / "images.csv", np.moveaxis(images, 1, -1).reshape(3, -1), fmt="%d")
    flat = load_dataset(read_spec(write(tmp_path, LAST.replace("images.npy", "images.csv"))))
    assert flat.samples.numbers.tolist() == expected.samples.numbers.tolist()


def test_layout_beside_samples_of_one_channel(tmp_path):
    layers = '[{{kind = "fully-connected", units = 1}}]'
    digits = f'[data]\nsource = "digits"\n{{}}\n[network]\ninput = [1, 8, 8]\nlayers = {layers}'
    plain, last = (
        load_dataset(read_spec(write(tmp_path, digits.format(line)))) for line in ("", 'layout = "channels-last"')
    )
    assert plain.samples.numbers.tolist() == last.samples.numbers.tolist()
    np.save(tmp_path / "digits.npy", plain.samples.numbers.reshape(-1, 8, 8))
    stored = digits.replace('"digits"', '"digits.npy"')
    for line in ("", 'layout = "channels-last"'):
        read = load_dataset(read_spec(write(tmp_path, stored.format(line))))
        assert read.samples.numbers.tolist() == plain.samples.numbers.tolist()
    flat = stored.replace("[1, 8, 8]", "[64]").format('layout = "channels-last"')
    with pytest.raises(InputError, match=r"^spec.toml: data: layout = 'channels-last' with the input \[64\]"):
        load_dataset(read_spec(write(tmp_path, flat)))


def test_parameters_of_libraries(tmp_path, run):
    draw = np.random.default_rng(0)
    kernel, bias = draw.integers(-9, 9, size=(2, 3, 2, 3)), draw.integers(-9, 9, size=2)
    dense, last = draw.integers(-9, 9, size=(4, 2 * 3 * 3)), draw.integers(-9, 9, size=4)
    np.savez(tmp_path / "w.npz", W1=kernel, b1=bias, W2=dense, b2=last)
    expected = None
    stored = {
        "torch": (kernel, dense),
        "keras": (kernel.transpose(2, 3, 1, 0), dense.reshape(4, 2, 3, 3).transpose(2, 3, 1, 0).reshape(-1, 4)),
        "paper": (kernel.reshape(2, -1).T, dense.reshape(4, 2, 3, 3).transpose(2, 3, 1, 0).reshape(-1, 4)),
    }
    for layout, (first, second) in stored.items():
        np.savez(tmp_path / "w.npz", W1=first, b1=bias, W2=second, b2=last)
        spec = read_spec(write(tmp_path, COLOURS.replace('"w.npz"', f'"w.npz"\nlayout = "{layout}"')))
        parameters = load_parameters(spec, layer=2)
        found = [parameters.layer(k).weights.fractions().tolist() for k in (1, 2)]
        assert expected is None or found == expected
        expected = found
    np.savez(tmp_path / "w.npz", W1=kernel, b1=bias, W2=dense, b2=last)
    with pytest.raises(InputError, match=r"^w.npz: W1 has shape \(2, 3, 2, 3\), that of layout = 'torch'; expected"):
        load_parameters(read_spec(write(tmp_path, COLOURS)), layer=1)
    np.save(tmp_path / "images.npy", np.arange(180).reshape(3, 3, 4, 5))
    code, _, error = run("verify", tmp_path / "spec.toml")
    assert (code, error.count("\n")) == (2, 1)
    assert "that of layout = 'torch'" in error


# ---------------------------------------------------------------- docs/examples


def example(name):
    return read_spec(EXAMPLES / f"{name}.toml")


def features(name):
    """Exact features of layer 1 before the nonlinearity, as Python integers and fractions."""
    spec = example(name)
    layer, parameters = spec.network.layer(1), load_parameters(spec, layer=1).layer(1)
    samples = load_dataset(spec).samples.fractions()
    biases = parameters.biases.fractions()
    biases = biases if layer.bias == "neuron" else np.tile(biases, layer.patches.patch_count)
    return (samples[:, layer.patches.slots] @ parameters.weights.fractions()).reshape(len(samples), -1) + biases


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_examples_load(path):
    spec = read_spec(path)
    if spec.data is not None:
        assert len(load_dataset(spec)) > 0
        assert load_parameters(spec, layer=1).layer(1).weights.shape == spec.network.layer(1).weights_shape


def test_example_of_the_reference_page(tmp_path):
    page = (EXAMPLES.parent / "reference" / "specification.md").read_text(encoding="utf-8")
    spec = read_spec(write(tmp_path, page.partition("```toml\n")[2].partition("```")[0]))
    assert spec.network.widths == (64, 1024, 256, 256, 10)
    assert len(load_dataset(spec)) == 500


def test_example_files_are_those_of_the_script(tmp_path):
    script = runpy.run_path(str(EXAMPLES / "make_examples.py"))
    script["main"].__globals__["FOLDER"] = tmp_path
    script["main"]()
    written = sorted(path.name for path in tmp_path.iterdir())
    assert len(written) == 6
    assert [(tmp_path / name).read_bytes() for name in written] == [(EXAMPLES / name).read_bytes() for name in written]


def test_example_digits():
    spec = example("digits")
    assert spec.network.widths == (64, 1808)
    dataset = load_dataset(spec)
    assert len(dataset) == 1797
    assert set(np.unique(dataset.samples.floats()[0] * 16)) == set(range(17))


def test_example_four_neurons():
    from sympy import Matrix, symbols

    slots = example("four-neurons").network.layer(1).patches.slots
    matrix = Matrix.zeros(4, 4)
    for p, patch in enumerate(slots.tolist()):
        for weight, neuron in zip(symbols("a b"), patch, strict=True):
            matrix[neuron, p] = weight
    assert matrix.det().expand() == 0
    assert matrix.rank() == 3


def test_example_shared_bias():
    values = features("shared-bias")
    assert values.shape == (6, 12)
    assert (values.reshape(6, 4, 3) == values[:, None, :3]).all()  # four equal neurons for each of the three filters


def test_example_dead_relus():
    alive = (features("dead-relus") > 0).any(axis=0)
    assert alive.shape == (128,)  # at least the 100 samples
    assert 0 < alive.sum() <= 32


def test_example_hidden_relation():
    from sympy import Matrix

    exact = features("hidden-relation")
    assert (exact > 0).all()
    assert Matrix(exact.tolist()).rank() == 2
    spec = example("hidden-relation")
    parameters, samples = load_parameters(spec, layer=1).layer(1), load_dataset(spec).samples
    floats = samples.floats()[0] @ parameters.weights.floats()[0] + parameters.biases.floats()[0]
    assert np.linalg.matrix_rank(np.maximum(floats, 0)) == 6


def test_a_forgotten_activation_is_asked_for_and_not_guessed(tmp_path, run):
    text = '[network]\ninput = [1, 4]\nlayers = [{kind = "convolution", filters = 2, kernel = 2}]\n'
    path = write(tmp_path, text)
    assert run("weights", path)[0] == 0
    code, out, err = run("verify", path)
    assert (code, out) == (2, "")
    assert err.startswith("exactcnn: layer 1 (convolution): activation is missing; expected one on the layer or as the")
    assert run("verify", write(tmp_path, text + 'activation = "relu"\n'))[0] == 0


OWN = """
[network]
input = [1, 3]
activation = "mine"
[[network.layers]]
kind = "convolution"
filters = 2
kernel = 2
[[network.layers]]
kind = "fully-connected"
units = 1
activation = "relu"
[activations.mine]
pieces = ["0", "t^2/(1 + t)"]
kinks = ["0"]
"""


def test_activations_of_ones_own(tmp_path):
    spec = read_spec(write(tmp_path, OWN))
    assert spec.network.convolved(1).activation.exact(2) == Fraction(4, 3)
    assert spec.network.convolved(2).activation.name == "relu"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('kinks = ["0"]', "kinks = [0.5]", "activations.mine.kinks[0] = 0.5; expected an integer or a string"),
        ('kinks = ["0"]', "", "activations: activation mine: 2 pieces and 0 kinks"),
        ("t^2/(1 + t)", "1/t", "activations: activation mine: the denominator t is not proved to be without zero"),
        ("t^2/(1 + t)", "1 + t", "are not proved to agree at 0; expected a continuous function"),
        ('"mine"', '"mind"', "activation 'mind' is not known"),
        ('"relu"', "3", "network.layers[1].activation = 3; expected a string"),
        ('"relu"', '{name = "relu"}', "expected a string"),
        ("[activations.mine]", "[activations.relu]", "activations: activation 'relu' exists"),
        ("pieces", "piece", "activations.mine: unknown key 'piece'; did you mean 'pieces'?"),
    ],
)
def test_bad_activations_of_ones_own(tmp_path, old, new, says):
    with pytest.raises(InputError) as error:
        read_spec(write(tmp_path, OWN.replace(old, new)))
    assert says in str(error.value)


def test_targets(tmp_path):
    text = OWN + '[data]\nsource = "x.csv"\ntargets = "y.csv"\nsamples = 2\n'
    (tmp_path / "x.csv").write_text("1,2,3\n4,5,6\n7,8,9\n")
    (tmp_path / "y.csv").write_text("1/3\n0.1\n7\n")
    instance = load(write(tmp_path, text))
    assert instance.targets.fractions().tolist() == [[Fraction(1, 3)], [Fraction(1, 10)]]
    (tmp_path / "y.csv").write_text("1/3\n")
    with pytest.raises(InputError, match=r"spec.toml: data.targets have shape \(1, 1\); expected \(2, m\), a row"):
        load(write(tmp_path, text))


POOLED = """
[network]
input = [1, 4, 4]
activation = "relu"

[[network.layers]]
kind = "average-pooling"
kernel = 2
padding = [0, 0, 1, 1]
{key} = true
"""


@pytest.mark.parametrize("key", ["count-padding", "count_padding", "ceil-mode", "ceil_mode"])
def test_keys_of_two_words(tmp_path, key):
    (tmp_path / "pooled.toml").write_text(POOLED.format(key=key))
    layer = read_spec(tmp_path / "pooled.toml").network.layers[0]
    assert (layer.count_padding, layer.ceil_mode) == ("count" in key, "ceil" in key)
    assert layer.padding == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (POOLED.format(key="count-padding").replace("true", "1"), r"layers\[0\].count-padding = 1; expected bool"),
        (POOLED.format(key="count-padings"), "unknown key 'count-padings'; did you mean 'count-padding'"),
        (POOLED.format(key="ceil-mode") + "ceil_mode = true", "with a hyphen and with an underscore"),
        (POOLED.format(key="ceil-mode").replace("[0, 0, 1, 1]", '"sane"'), r"padding = 'sane'; expected an integer"),
        (
            POOLED.format(key="ceil-mode").replace("[0, 0, 1, 1]", "[0, 1, 1]"),
            r"padding = \(0, 1, 1\); expected one int",
        ),
    ],
)
def test_windows_that_cannot_be(tmp_path, text, message):
    (tmp_path / "pooled.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_spec(tmp_path / "pooled.toml")


def test_layers_by_the_names_of_their_weights(tmp_path):
    text = FULL.replace("seed = 4", 'file = "w.pth"\n[parameters.names]\nW1 = "features.conv1.weight"\nb1 = "x/bias"')
    spec = read_spec(write(tmp_path, text))
    assert (spec.network.layer("features.conv1").number, spec.network.layer(3).number) == (1, 3)
    with pytest.raises(InputError, match="layer 'conv1' is not known"):
        spec.network.layer("conv1")


def test_layers_by_their_own_names(tmp_path):
    spec = read_spec(write(tmp_path, FULL.replace('kind = "convolution"', 'kind = "convolution"\nname = "first"', 1)))
    assert spec.network.layer("first").number == 1
    with pytest.raises(InputError, match=r"layers\[0\].name = 3; expected a string"):
        read_spec(write(tmp_path, FULL.replace('kind = "convolution"', 'kind = "convolution"\nname = 3', 1)))


def test_weights_alone_are_no_specification(tmp_path):
    (tmp_path / "mnist.pth").write_bytes(b"")
    with pytest.raises(InputError, match=r"mnist\.pth: weights without layers; expected a specification with file"):
        read_spec(tmp_path / "mnist.pth")


def test_a_byte_order_mark(tmp_path):
    path = tmp_path / "spec.toml"
    path.write_bytes(b"\xef\xbb\xbf" + FULL.encode())
    assert read_spec(path).network == read_spec(write(tmp_path, FULL)).network


def test_one_array_of_several(tmp_path):
    np.savez(tmp_path / "images.npz", train=np.ones((4, 16)), test=np.zeros((3, 16)))
    source = FULL.replace("samples.csv", "images.npz:train").replace('perturbation = "1e-6"\n', "")
    assert (load_dataset(read_spec(write(tmp_path, source))).samples.fractions() > 0).all()
    with pytest.raises(InputError, match=r"expected an array named 'train2'"):
        load_dataset(read_spec(write(tmp_path, source.replace("npz:train", "npz:train2"))))
