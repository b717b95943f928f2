"""What a command is about: a specification, or a model in a file with samples and targets beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exactcnn.display import several
from exactcnn.errors import InputError
from exactcnn.network.instance import Instance
from exactcnn.network.network import Network
from exactcnn.spec import Spec, load, read_spec

MODELS = (".onnx",)


@dataclass(frozen=True, eq=False)
class Subject:
    """A network that was read, with what belongs to it still to be loaded.

    Attributes
    ----------
    network : Network
    files : tuple of Path
        All that it is read from.
    load : callable
        Takes the last layer whose parameters are wanted, or None, and returns the `Instance`; raises `InputError`.
    spec : Spec or None
        Where it is a specification.
    """

    network: Network
    files: tuple[Path, ...]
    load: Callable[[int | None], Instance]
    spec: Spec | None = None

    def layer(self, text: str | None) -> int | str | None:
        """A layer as the user writes it: digits are its number, anything else its name."""
        return int(text) if text is not None and re.fullmatch(r"-?[0-9]{1,1000}", text) else text

    def everything(self) -> Instance:
        """The instance with the parameters of all layers."""
        return self.load(len(self.network.layers))

    def as_far_as_given(self, layer: str | None) -> Instance:
        """The instance with the parameters of all layers, or of those up to one where there are no more."""
        try:
            return self.everything()
        except InputError:
            k = self.layer(layer)
            return self.load(None if k is None else self.network.layer(k).number)


def read_subject(
    path: str | Path,
    *,
    data: str | Path | None = None,
    targets: str | Path | None = None,
    labels: str | Path | None = None,
) -> Subject:
    """Read a specification, or a model.

    Parameters
    ----------
    path : str or Path
        SPEC.toml or MODEL.onnx.
    data, targets, labels : str or Path, optional
        Beside a model: samples (channels first), and their targets or classes 0, 1, ... in the order of the samples.

    Raises
    ------
    InputError
        For files that cannot be read or do not fit each other, and for these files beside a specification.

    Examples
    --------
    >>> subject = read_subject("docs/examples/digits.toml")
    >>> subject.network.widths, subject.load(1).count
    ((64, 1808), 1797)
    >>> read_subject("docs/examples/digits.toml", data="images.npy")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: --data images.npy beside a specification, which says so itself in [data]
    """
    given = {"data": data, "targets": targets, "labels": labels}
    path = Path(path)
    if path.suffix in MODELS:
        return _model(path, **given)
    if path.suffix in (".npy", ".npz"):
        raise InputError(f"{path}: no network; expected MODEL.onnx or SPEC.toml (matrices are for rank and crosscheck)")
    for name, file in given.items():
        if file is not None:
            raise InputError(f"--{name} {file} beside a specification, which says so itself in [data]")
    spec = read_spec(path)
    return Subject(spec.network, spec.files, lambda upto: load(spec, upto=upto), spec)


def _model(path: Path, *, data: Any, targets: Any, labels: Any) -> Subject:
    from exactcnn.data.readers import read_labels, read_matrix
    from exactcnn.data.targets import class_targets
    from exactcnn.interop.model_files import read_model

    if targets is not None and labels is not None:
        raise InputError("--targets and --labels; expected one of them")
    if data is None and (targets is not None or labels is not None):
        raise InputError("--targets or --labels without --data; expected the samples too")
    model, samples = read_model(path, data)
    rows = None if targets is None else read_matrix(targets)
    if labels is not None:
        classes = read_labels(labels)
        if samples is not None and len(classes) != len(samples):
            count = several(len(samples), "sample")
            raise InputError(f"{labels} has {several(len(classes), 'label')} for {count}; expected one for each")
        rows = class_targets(classes, model.network.widths[-1])
    instance = Instance(model, samples, rows)
    files = tuple(Path(each) for each in (path, data, targets, labels) if each is not None)
    return Subject(model.network, files, lambda _: instance)
