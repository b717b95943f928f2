"""Models in files, with the samples that they are about."""

from __future__ import annotations

from pathlib import Path

from exactcnn.data.dataset import Dataset
from exactcnn.data.readers import read_samples
from exactcnn.errors import InputError
from exactcnn.interop.onnx_model import from_onnx
from exactcnn.network.model import Model


def read_model(path: str | Path, data: str | Path | None = None) -> tuple[Model, Dataset | None]:
    """Read a model and, perhaps, samples; sizes that the model leaves open are those of the samples.

    Parameters
    ----------
    path : str or Path
        An ONNX model.
    data : str or Path, optional
        Samples, as `exactcnn.data.readers.read_samples` reads them, channels first.

    Raises
    ------
    InputError
        As the readers do, and for samples that are not those of the model.

    Examples
    --------
    >>> read_model("weights.pth")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: weights.pth is no model; expected MODEL.onnx
    """
    if Path(path).suffix != ".onnx":
        raise InputError(f"{path} is no model; expected MODEL.onnx")
    samples = None if data is None else read_samples(data)
    model = from_onnx(path, input_shape=None if samples is None else samples.shape)
    if samples is not None:
        samples.check_input(model.network.input_shape)
    return model, samples
