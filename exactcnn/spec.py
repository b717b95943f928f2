"""Specification files: a network, its data and its parameters in one TOML document.

Every table is decoded against a frozen dataclass; a key that it lacks is an error that names the nearest one.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args, get_type_hints

from exactcnn.data.files import file_and_array, readable_file
from exactcnn.display import did_you_mean
from exactcnn.domains.numerals import parse_rational
from exactcnn.errors import InputError
from exactcnn.interop.weight_files import SUFFIXES
from exactcnn.network.activations import Activation
from exactcnn.network.array_layouts import ArrayLayout
from exactcnn.network.definitions import define_activation
from exactcnn.network.instance import Instance
from exactcnn.network.kinds.kind import positive
from exactcnn.network.layers import KINDS, Layer
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.patches.builders import Layout

if TYPE_CHECKING:
    from exactcnn.data.dataset import Dataset
    from exactcnn.domains.exact import ExactArray

LARGEST_FILE = 2**24  # bytes; a page of text describes a network, lists of patches are the largest part

OWN_LABELS = "source"
SOURCES = ("digits", "mnist5k", "fashion-mnist")  # data that have a name

Table = TypeVar("Table")


@dataclass(frozen=True, kw_only=True)
class DataSpec:
    """The table ``[data]``.

    Attributes
    ----------
    source : str
        "digits", "mnist5k", "fashion-mnist", or a file (.npy, .npz, .csv) beside the specification.
    samples : int, optional
        Number of samples from the front; all of them where it is left out.
    layout : {"channels-first", "channels-last"}
        "channels-last" for a file of samples (height, width, channels), or of rows flattened in this order.
    scale : int or str
        Positive factor of every entry, such as "1/16".
    perturbation : int or str, optional
        Size of the seeded exact perturbation, the paper's remedy where Assumption 3.1 fails.
    seed : int
        Of the perturbation.
    targets : str, optional
        A file beside the specification with a row of exact numbers for each sample: .npy, .npz or text.
    labels : str, optional
        Instead of targets, a file with the class 0, 1, ... of each sample; "source" for the labels that the source has.
    classes : str, optional
        Beside labels, a file with the target row of each class; by default unit vectors.
    """

    source: str
    samples: int | None = None
    layout: Layout = "channels-first"
    scale: int | str = 1
    perturbation: int | str | None = None
    seed: int = 0
    targets: str | None = None
    labels: str | None = None
    classes: str | None = None


@dataclass(frozen=True, kw_only=True)
class ParametersSpec:
    """The table ``[parameters]``: drawn from a seed, read from a file beside the specification, or written out.

    Attributes
    ----------
    seed : int, optional
    file : str, optional
        An .npz file, a .toml file with a list for each array, a state dict (.pth, .pt, .safetensors), or weights of
        Keras (.h5, .keras).
    names : table, optional
        Beside a state dict or weights of Keras, which tensors are W1, b1, ...; by default they are taken in order.
    values : table, optional
        W1, b1, ... as nested lists of integers and strings such as "3/7".
    layout : {"paper", "torch", "keras"}, optional
        How the arrays are stored; by default as the suffix of the file says, and else as in the paper.
    """

    seed: int | None = None
    file: str | None = None
    values: dict[str, Any] | None = None
    names: dict[str, str] | None = None
    layout: ArrayLayout | None = None


@dataclass(frozen=True)
class Spec:
    """A specification that has been read and validated.

    Attributes
    ----------
    path : Path
        The file, whose folder other files are relative to.
    network : Network
    data : DataSpec or None
    parameters : ParametersSpec or None
    """

    path: Path
    network: Network
    data: DataSpec | None
    parameters: ParametersSpec | None

    @property
    def files(self) -> tuple[Path, ...]:
        """The specification and the files that it names."""
        data, parameters = self.data, self.parameters
        labels = data and data.labels if data and data.labels != OWN_LABELS else None
        tables = (data.source, data.targets, data.classes) if data else ()
        named = (*tables, labels, parameters and parameters.file)
        return self.path, *(self.path.parent / name for name in named if name)


@dataclass(frozen=True, kw_only=True)
class _Document:
    network: dict[str, Any]
    data: dict[str, Any] | None = None
    parameters: dict[str, Any] | None = None
    activations: dict[str, dict[str, Any]] | None = None


@dataclass(frozen=True, kw_only=True)
class _ActivationTable:
    """A table ``[activations.NAME]``: pieces as text, and the kinks between them."""

    pieces: tuple[str, ...]
    kinks: tuple[int | str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NetworkTable:
    """The table ``[network]``: a shape, layers, and the activation of those that have none of their own."""

    input: tuple[int, ...]
    layers: tuple[dict[str, Any], ...]
    activation: str | None = None


def read_spec(path: str | Path) -> Spec:
    """Read a specification file.

    Parameters
    ----------
    path : str or Path
        A TOML file with the table ``[network]`` and, optionally, ``[data]`` and ``[parameters]``.

    Raises
    ------
    InputError
        For a file that is missing, too large, not UTF-8 or not TOML (with the line), for unknown or missing keys,
        values of the wrong type or out of range, and for a network that cannot be.

    Examples
    --------
    >>> spec = read_spec("docs/examples/digits.toml")
    >>> spec.network.widths, spec.data.scale
    ((64, 1808), '1/16')
    """
    path = readable_file(path)
    if path.suffix in SUFFIXES:
        raise InputError(f"{path.name}: weights without layers; expected a specification with file = {path.name!r}")
    try:
        return spec_from(path, read_toml(path))
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def load(spec: str | Path | Spec, *, upto: int | None = None) -> Instance:
    """Read a specification with its data and parameters.

    Parameters
    ----------
    spec : str, Path or Spec
        The file, or what was read from it.
    upto : int, optional
        The last layer whose parameters are drawn or read; by default the one that `verify` would choose. Without data
        no parameters are needed, and none are read unless this is given.

    Raises
    ------
    InputError
        As `read_spec`; also for data and parameters that cannot be read or do not fit the network.

    Examples
    --------
    >>> instance = load("docs/examples/digits.toml")
    >>> instance.count, instance.parameters.layer(1).weights.shape
    (1797, (25, 113))
    """
    from exactcnn.theorems.verify import chosen_layer

    spec = spec if isinstance(spec, Spec) else read_spec(spec)
    data = load_dataset(spec) if spec.data is not None else None
    last = upto
    if last is None and data is not None:
        last = chosen_layer(spec.network, None, len(data))
    parameters = load_parameters(spec, layer=last) if spec.parameters is not None and last else None
    targets = None if data is None else _targets(spec, data)
    try:
        return Instance(spec.network, parameters, data, targets)
    except InputError as error:
        raise InputError(f"{spec.path.name}: data.{error}") from None


def _targets(spec: Spec, dataset: Dataset) -> ExactArray | None:
    """Targets of ``[data]``, from rows or from labels."""
    from exactcnn.data.readers import read_labels, read_matrix
    from exactcnn.data.targets import class_targets

    data = spec.data
    assert data is not None

    def table(name: str) -> ExactArray:
        return read_matrix(spec.path.parent / name)

    if data.targets is not None:
        rows = table(data.targets)
        return rows if data.samples is None else rows[: data.samples]
    if data.labels is None:
        return None
    if data.labels == OWN_LABELS:
        if dataset.labels is None:
            raise InputError(
                f"{spec.path.name}: data.labels = {OWN_LABELS!r}: {data.source} has no labels; expected a file"
            )
        labels: Any = dataset.labels
    else:
        labels = read_labels(spec.path.parent / data.labels)
        labels = labels if data.samples is None else labels[: data.samples]
    classes = None if data.classes is None else table(data.classes)
    try:
        return class_targets(labels, spec.network.widths[-1], classes)
    except InputError as error:
        raise InputError(f"{spec.path.name}: data.{error}") from None


def load_dataset(spec: Spec) -> Dataset:
    """Read the samples of ``[data]``: the front part of the source, then scaled, then perturbed.

    Raises
    ------
    InputError
        Without ``[data]``, for a source that cannot be read, and for samples that do not fit the network's input.
    """
    from exactcnn.data.readers import read_samples
    from exactcnn.data.sources import digits, fashion_mnist, mnist5k

    data = spec.data
    if data is None:
        raise InputError(f"{spec.path.name}: no [data]; expected a table with 'source'")
    file = source_file(spec)
    if file is None:
        dataset = dict(zip(SOURCES, (digits, mnist5k, fashion_mnist), strict=True))[data.source]()
    else:
        dataset = read_samples(file)
    try:
        if data.layout == "channels-last" and file is not None:  # the others have one channel: the order is the same
            dataset = dataset.channels_first(spec.network.input_shape)
        dataset.check_input(spec.network.input_shape)
    except InputError as error:
        raise InputError(f"{spec.path.name}: data: {error}") from None
    if data.samples is not None:
        dataset = dataset.prefix(data.samples)
    dataset = dataset.scaled(parse_rational(data.scale))
    if data.perturbation is not None:
        dataset = dataset.perturbed(parse_rational(data.perturbation), seed=data.seed)
    return dataset


def source_file(spec: Spec) -> Path | None:
    """Return the file of samples, FILE.npz:NAME among them; None for data that have a name, and without any.

    Raises
    ------
    InputError
        For a file that cannot be opened.
    """
    if spec.data is None or spec.data.source in SOURCES:
        return None
    file = spec.path.parent / spec.data.source
    try:
        readable_file(file_and_array(file)[0])
    except InputError:
        hint = f"expected {_one_of(SOURCES)}, or a file{did_you_mean(spec.data.source, SOURCES)}"
        raise InputError(f"{spec.path.name}: data.source = {spec.data.source!r} cannot be opened; {hint}") from None
    return file


def load_parameters(spec: Spec, *, layer: int) -> Parameters:
    """Draw or read the parameters of layers 1 to `layer`.

    Raises
    ------
    InputError
        Without ``[parameters]``, for a file that cannot be read, and for arrays that do not fit the network.
    """
    if spec.parameters is None:
        raise InputError(f"{spec.path.name}: no [parameters]; expected a table with 'seed', 'file' or 'values'")
    own = spec.parameters
    if own.file is not None:
        return _parameters_from(spec.network, spec.path.parent / own.file, layer, own.layout, own.names)
    if own.values is None:
        return random_parameters(spec.network, seed=own.seed or 0, upto=layer)
    try:
        return Parameters.from_arrays(spec.network, _written(own.values), upto=layer, layout=own.layout or "paper")
    except InputError as error:
        raise InputError(f"{spec.path.name}: parameters.values: {error}") from None


def load_better(network: Network, spec: Spec | None, path: Path) -> Parameters:
    """Read further parameters of all layers of a network; a specification says how. Raises as `load_parameters`."""
    own = None if spec is None else spec.parameters
    layout = None if own is None else own.layout
    names = None if own is None or path.suffix not in SUFFIXES else own.names
    return _parameters_from(network, path, len(network.layers), layout, names)


def load_polyline(network: Network, spec: Spec | None, path: Path) -> tuple[Parameters, ...]:
    """Read parameters of all layers at several points, the first axis of all arrays (`.npz`, `.toml`).

    Raises
    ------
    InputError
        For a file that cannot be read, or is no polyline of parameters of the network: which array, which shape.
    """
    from exactcnn.network.polyline import polyline

    layout = None if spec is None or spec.parameters is None else spec.parameters.layout
    if path.suffix not in (".npz", ".toml"):
        raise InputError(f"{path.name or path}: no file of a path; expected one of .npz, .toml")
    arrays = _arrays(path)
    try:
        return polyline(network, arrays, layout=layout or "paper")
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _parameters_from(
    network: Network, path: Path, layer: int, given: ArrayLayout | None, names: dict[str, str] | None
) -> Parameters:
    """Read parameters from a file of arrays; the suffix says which kind of file it is."""
    from exactcnn.interop.weight_files import chosen, default_layout, read_weights

    layout = given or default_layout(path)
    kinds = (".npz", ".toml", *SUFFIXES)
    if path.suffix not in kinds:
        raise InputError(f"{path.name or path}: no file of parameters; expected one of {', '.join(kinds)}")
    foreign = read_weights(path) if path.suffix in SUFFIXES else None
    own = {} if foreign else _arrays(path)
    try:
        arrays = chosen(foreign, network, layout, names) if foreign else own
        return Parameters.from_arrays(network, arrays, upto=layer, layout=layout)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _arrays(path: Path) -> dict[str, ExactArray]:
    """Arrays by name, from a .npz file or written out in TOML; messages name the file."""
    from exactcnn.data.readers import read_arrays

    if path.suffix != ".toml":
        return read_arrays(path)
    readable_file(path)
    try:
        table = read_toml(path)
        if "network" in table:
            raise InputError("a specification; expected parameters alone, such as W1 = [[1, 2]]")
        return _written(table)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _written(table: dict[str, Any]) -> dict[str, ExactArray]:
    """Arrays that are written out as lists of integers and strings."""
    from exactcnn.domains.exact import exact_array

    arrays = {}
    for name, rows in table.items():
        flat = [rows]
        while any(isinstance(each, list) for each in flat):
            flat = [item for each in flat for item in (each if isinstance(each, list) else [each])]
        for value in flat:
            if isinstance(value, float) and math.isfinite(value):
                exact = parse_rational(str(value))  # the decimal that was written
                raise InputError(f'{name} holds {value}; expected an integer or a string: write "{value}" or "{exact}"')
            if isinstance(value, bool) or not isinstance(value, int | str):
                raise InputError(f"{name} holds {repr(value)[:40]}; expected integers and strings such as '3/7'")
        arrays[name] = exact_array(rows, name=name)
    return arrays


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file of at most 16 MiB; InputError in one line for anything else."""
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise InputError(f"expected a specification of at most {LARGEST_FILE} bytes")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start} is not UTF-8; expected a TOML file") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"not TOML: {error}") from None


def spec_from(path: Path, document: dict[str, Any]) -> Spec:
    """Return the specification that the document of a file is; InputError that names the key where it is none."""
    tables = decode(document, _Document, "")
    table = decode(tables.network, NetworkTable, "network")
    own = {name: _activation(name, each) for name, each in (tables.activations or {}).items()}
    layers = tuple(_layer(layer, f"network.layers[{i}]", own) for i, layer in enumerate(table.layers))
    parameters = None if tables.parameters is None else _parameters(tables.parameters)
    layers = _named(layers, (parameters and parameters.names) or {})
    default = None if table.activation is None else own.get(table.activation, table.activation)
    try:
        network = Network(table.input, layers, activation=default)
    except InputError as error:
        raise InputError(f"network: {error}") from None
    return Spec(
        path=path,
        network=network,
        data=None if tables.data is None else _data(tables.data),
        parameters=parameters,
    )


def _named(layers: tuple[Layer, ...], tensors: Mapping[str, str]) -> tuple[Layer, ...]:
    """Layers without a name get that of their module in ``[parameters.names]``, where W1 = "conv1.weight"."""
    modules = {key: re.split(r"[./][^./]*$", value)[0] for key, value in tensors.items()}
    return tuple(
        cast(Layer, replace(cast(Any, layer), name=layer.name or modules.get(f"W{number}")))
        for number, layer in enumerate(layers, 1)
    )


def _activation(name: str, table: dict[str, Any]) -> Activation:
    given = decode(table, _ActivationTable, f"activations.{name}")
    try:
        return define_activation(name, given.pieces, given.kinks)
    except InputError as error:
        raise InputError(f"activations: {error}") from None


def _layer(table: dict[str, Any], where: str, own: dict[str, Activation]) -> Layer:
    """Read a layer; `own` are the activations that the specification defines."""
    kind = table.get("kind")
    if kind is None:
        raise InputError(f"{where}: key 'kind' is missing; expected {_one_of(KINDS)}")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"{where}.kind = {kind!r}; expected {_one_of(KINDS)}{did_you_mean(kind, KINDS)}")
    rest = {key: value for key, value in table.items() if key != "kind"}
    name = rest.get("activation")
    if name is None or "activation" not in (field.name for field in fields(KINDS[kind])):
        return decode(rest, KINDS[kind], where)
    if not isinstance(name, str):
        raise InputError(f"{where}.activation = {repr(name)[:40]}; expected a string")
    layer = decode({key: value for key, value in rest.items() if key != "activation"}, KINDS[kind], where)
    return cast(Layer, replace(cast(Any, layer), activation=own.get(name, name)))


def _data(table: dict[str, Any]) -> DataSpec:
    data = decode(table, DataSpec, "data")
    if data.samples is not None:
        positive("data.samples", data.samples)
    if parse_rational(data.scale, name="data.scale") <= 0:
        raise InputError(f"data.scale = {data.scale}; expected a positive number")
    if data.perturbation is not None and parse_rational(data.perturbation, name="data.perturbation") <= 0:
        raise InputError(f"data.perturbation = {data.perturbation}; expected a positive number")
    _seed("data.seed", data.seed)
    if data.targets is not None and data.labels is not None:
        raise InputError("data: both 'targets' and 'labels'; expected one of them")
    if data.classes is not None and data.labels is None:
        raise InputError(f"data.classes = {data.classes!r} without 'labels'; expected it beside 'labels'")
    return data


def _parameters(table: dict[str, Any]) -> ParametersSpec:
    parameters = decode(table, ParametersSpec, "parameters")
    if sum(each is not None for each in (parameters.seed, parameters.file, parameters.values)) != 1:
        raise InputError("parameters: expected one of 'seed', 'file' and 'values'")
    if parameters.names is not None and Path(parameters.file or "").suffix not in SUFFIXES:
        raise InputError(f"parameters.names: expected it beside a file {', '.join(SUFFIXES)} only")
    if parameters.seed is not None and parameters.layout is not None:
        raise InputError(
            f"parameters.layout = {parameters.layout!r} beside 'seed'; expected it beside 'file' or 'values'"
        )
    _seed("parameters.seed", parameters.seed or 0)
    return parameters


def _seed(name: str, seed: int) -> None:
    if seed < 0:
        raise InputError(f"{name} = {seed}; expected an integer of at least 0")


def decode(table: dict[str, Any], type_: type[Table], where: str) -> Table:
    """Turn a table into a dataclass; keys and types must be those of its fields."""
    import msgspec

    names = [field.name.replace("_", "-") for field in fields(cast(Any, type_))]
    for key in table:
        if key.replace("_", "-") not in names:
            hint = did_you_mean(key, names) or f"; expected {_one_of(names)}"
            raise InputError(f"{where or 'top level'}: unknown key {key!r}{hint}")
    given = {key.replace("-", "_"): value for key, value in table.items()}
    if len(given) < len(table):
        raise InputError(f"{where}: a key is given with a hyphen and with an underscore; expected one of them")
    try:
        return msgspec.convert(given, type_)
    except msgspec.ValidationError as error:
        raise InputError(_explained(str(error), given, type_, where)) from None


def _explained(message: str, table: dict[str, Any], type_: type[Any], where: str) -> str:
    """Say msgspec's message ``... - at `$.path` `` in our words: path = value; expected."""
    missing = re.match(r"Object missing required field `(\w+)`", message)
    if missing:
        return f"{where or 'top level'}: key {missing[1]!r} is missing"
    reason, _, place = message.partition(" - at `$.")
    path = place.rstrip("`")
    value: Any = table
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        value = value[int(index)] if index else value[name]
    if path == "padding":
        expected = "an integer, a list of integers, 'same' or 'valid'"
        return f"{where}.{path} = {repr(value)[:40]}; expected {expected}"
    choices = _choices(get_type_hints(type_)[path]) if reason.startswith("Invalid enum value") else ()
    if choices:
        expected = _one_of(choices) + did_you_mean(value, choices)
    else:
        types = re.match(r"Expected `(.*)`, got", reason)
        expected = _in_words(types[1]) if types else reason
        if isinstance(value, float) and expected == "an integer or a string" and math.isfinite(value):
            expected += f': write "{value}" or "{parse_rational(str(value))}"'  # the decimal that was written
    return f"{where}.{path.replace('_', '-')} = {repr(value)[:40]}; expected {expected}".lstrip(".")


def _choices(type_: Any) -> tuple[str, ...]:
    """The words that a type allows, also beside None."""
    return tuple(each for part in get_args(type_) for each in ((part,) if isinstance(part, str) else get_args(part)))


def _in_words(types: str) -> str:
    words = {"int": "an integer", "str": "a string", "array": "a list", "object": "a table"}
    return " or ".join(words.get(name, name) for name in types.split(" | ") if name != "null")


def _one_of(names: Iterable[str]) -> str:
    *most, last = (repr(name) for name in names)
    return f"{', '.join(most)} or {last}" if most else last
