"""The same elimination on NumPy and on PyTorch: equal rows and columns, whatever the shapes of panels and strips."""

import numpy as np
import pytest

from exactcnn.domains.residues import Modulus
from exactcnn.linalg.backends import OnNumpy, OnTorch
from exactcnn.linalg.modular import independent_minor
from tests.linalg.test_modular import KINDS, planted, rank_modulo


def minor(matrix, p, backend):
    rows, columns = independent_minor(matrix, p, backend=backend)
    return rows.tolist(), columns.tolist()


@pytest.mark.parametrize("p", [101, 227, 359, 1048573])
@pytest.mark.parametrize("kind", KINDS)
def test_every_backend_finds_the_same_minor(kind, p):
    """Echelon forms are unique, and pivots are looked for in the same order: not a rank of chance."""
    pytest.importorskip("torch")
    for shape in ((40, 40), (150, 200), (200, 150)):
        matrix = planted(kind, shape, p)
        rows, columns = minor(matrix, p, OnNumpy(64, 50))
        assert len(rows) == rank_modulo(matrix, p)
        assert minor(matrix, p, OnTorch("cpu", 64, 8192)) == (rows, columns)


@pytest.mark.parametrize("p", [227, 509, 1048573])
def test_reduction_of_tensors_is_that_of_arrays(p):
    torch = pytest.importorskip("torch")
    field = Modulus(p)
    limit = (2**24 if field.dtype == np.float32 else 2**53) - field.bound
    integers = np.concatenate([limit - np.arange(5000), np.random.default_rng(p).integers(-limit, limit, 50_000)])
    tensor = torch.from_numpy(integers.astype(field.dtype))
    OnTorch("cpu").reduce(tensor, field)
    array = integers.astype(field.dtype)
    field.reduce(array)
    assert (tensor.numpy() == array).all()


def test_tensor_float_32_is_off_during_products():
    torch = pytest.importorskip("torch")
    seen = []
    multiply = torch.mm

    def noticed(*arguments, **options):
        seen.append(torch.backends.cuda.matmul.allow_tf32)
        return multiply(*arguments, **options)

    torch.backends.cuda.matmul.allow_tf32 = True
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torch, "mm", noticed)
            independent_minor(np.eye(20), 227, backend=OnTorch("cpu"))
        assert torch.backends.cuda.matmul.allow_tf32 is True
    finally:
        torch.backends.cuda.matmul.allow_tf32 = False
    assert seen
    assert not any(seen)
