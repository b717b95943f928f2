"""The few array operations that elimination needs, on NumPy and on PyTorch, where a GPU is at hand.

Slices, index arrays, `@`, `-` and assignment are spelled alike by both; what differs is here. Every operation is exact
under the bounds of `Modulus`, on any device: sums of products stay within the integers of the type in any order, with
or without fused operations. PyTorch's TF32, which rounds factors to 11 bits, is never on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.residues import Modulus
from exactcnn.errors import InputError

DEVICES = "cpu", "cuda"


class Backend(Protocol):
    """Arrays on some device, `Any` here."""

    @property
    def panel(self) -> int:
        """Rows of a round."""
        ...

    @property
    def strip(self) -> int:
        """Columns that are cleared at a time."""
        ...

    def put(self, values: NDArray[Any]) -> Any:
        """Bring an array to the device; it may share memory."""
        ...

    def get(self, values: Any) -> NDArray[Any]:
        """Bring an array back; it may share memory."""
        ...

    def empty(self, shape: tuple[int, int], field: Modulus) -> Any:
        """Return memory for residues that are computed with."""
        ...

    def load(self, stored: Any, field: Modulus, *, copy: bool) -> Any:
        """Return stored residues in the type that is computed with."""
        ...

    def multiply(self, left: Any, right: Any, out: Any) -> Any:
        """Matrix product into memory of its own."""
        ...

    def reduce(self, values: Any, field: Modulus) -> None:
        """Replace integers by centred residues, in place; see `Modulus.reduce`."""
        ...

    def concatenate(self, parts: Sequence[Any]) -> Any:
        """Join along the rows."""
        ...


@dataclass(frozen=True)
class OnNumpy:
    """Arrays of NumPy. 512 rows and columns of float32 take 1 MiB, a level-2 cache: more are no faster."""

    panel: int = 512
    strip: int = 512

    def put(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the array itself."""
        return values

    def get(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the array itself."""
        return values

    def empty(self, shape: tuple[int, int], field: Modulus) -> NDArray[Any]:
        """Return memory for residues that are computed with."""
        return np.empty(shape, dtype=field.dtype)

    def load(self, stored: NDArray[Any], field: Modulus, *, copy: bool) -> NDArray[Any]:
        """Return stored residues in the type that is computed with."""
        return stored.astype(field.dtype, copy=copy)

    def multiply(self, left: NDArray[Any], right: NDArray[Any], out: NDArray[Any]) -> NDArray[Any]:
        """Matrix product into memory of its own."""
        return np.matmul(left, right, out=out)

    def reduce(self, values: NDArray[Any], field: Modulus) -> None:
        """Replace integers by centred residues, in place."""
        field.reduce(values)

    def concatenate(self, parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Join along the rows."""
        return np.concatenate(parts)


@dataclass(frozen=True)
class OnTorch:
    """Tensors of PyTorch on a device, "cpu" or "cuda"; large strips, since every call to a GPU takes microseconds."""

    device: str
    panel: int = 1024
    strip: int = 8192

    def put(self, values: NDArray[Any]) -> Any:
        """Bring an array to the device."""
        import torch

        return torch.from_numpy(values).to(self.device)

    def get(self, values: Any) -> NDArray[Any]:
        """Bring a tensor back."""
        array: NDArray[Any] = values.cpu().numpy()
        return array

    def empty(self, shape: tuple[int, int], field: Modulus) -> Any:
        """Return memory for residues that are computed with."""
        import torch

        return torch.empty(shape, dtype=self._dtype(field), device=self.device)

    def load(self, stored: Any, field: Modulus, *, copy: bool) -> Any:
        """Return stored residues in the type that is computed with."""
        return stored.to(self._dtype(field), copy=copy)

    def multiply(self, left: Any, right: Any, out: Any) -> Any:
        """Matrix product into memory of its own, whatever the caller has set for products in general."""
        import torch

        settings = torch.backends.cuda.matmul
        name, exact = ("fp32_precision", "ieee") if hasattr(settings, "fp32_precision") else ("allow_tf32", False)
        before = getattr(settings, name)
        setattr(settings, name, exact)
        try:
            return torch.mm(left, right, out=out)
        finally:
            setattr(settings, name, before)

    def reduce(self, values: Any, field: Modulus) -> None:
        """Replace integers by centred residues, in place: the steps of `Modulus.reduce`, each one exact as there."""
        values -= (values * (1.0 / field.p)).round_().mul_(field.p)

    def concatenate(self, parts: Sequence[Any]) -> Any:
        """Join along the rows."""
        import torch

        return torch.cat(list(parts))

    def _dtype(self, field: Modulus) -> Any:
        import torch

        return torch.float32 if field.dtype == np.float32 else torch.float64


def backend_of(device: str) -> Backend:
    """Return the backend of a device: NumPy for "cpu", PyTorch for "cuda".

    Raises
    ------
    InputError
        For another word, or a device that is not there.

    Examples
    --------
    >>> backend_of("cpu")
    OnNumpy(panel=512, strip=512)
    >>> backend_of("tpu")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: device 'tpu'; expected cpu or cuda
    """
    if device not in DEVICES:
        raise InputError(f"device {device!r}; expected {' or '.join(DEVICES)}")
    if device == "cpu":
        return OnNumpy()
    try:
        import torch
    except ImportError:
        raise InputError(
            "device 'cuda' needs PyTorch, which is not installed; expected cpu, or `pip install 'exactcnn[torch]'`"
        ) from None
    if not torch.cuda.is_available():
        raise InputError("device 'cuda': PyTorch finds no such device; expected cpu")
    return OnTorch("cuda")
