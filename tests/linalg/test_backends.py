"""The same elimination on NumPy and on PyTorch: equal rows and columns, whatever the shapes of panels and strips."""

import numpy as np
import pytest

from exactcnn.domains.residues import Modulus
from exactcnn.linalg.backends import OnNumpy, OnTorch
from exactcnn.linalg.modular import independent_minor
from tests.linalg.test_modular import KINDS, planted, rank_modulo


@pytest.fixture(params=["cpu", "cuda"])
def device(request):
    """Where PyTorch computes; a GPU where there is one."""
    torch = pytest.importorskip("torch")
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    return request.param


def minor(matrix, p, backend):
    rows, columns = independent_minor(matrix, p, backend=backend)
    return rows.tolist(), columns.tolist()


@pytest.mark.parametrize("p", [101, 227, 359, 1048573])
@pytest.mark.parametrize("kind", KINDS)
def test_every_backend_finds_the_same_minor(kind, p, device):
    """Echelon forms are unique, and pivots are looked for in the same order: not a rank of chance."""
    for shape in ((40, 40), (150, 200), (200, 150)):
        matrix = planted(kind, shape, p)
        rows, columns = minor(matrix, p, OnNumpy(64, 50))
        assert len(rows) == rank_modulo(matrix, p)
        assert minor(matrix, p, OnTorch(device, 64, 8192)) == (rows, columns)


@pytest.mark.parametrize("p", [227, 509, 1048573])
def test_reduction_of_tensors_is_that_of_arrays(p, device):
    torch = pytest.importorskip("torch")
    field = Modulus(p)
    limit = (2**24 if field.dtype == np.float32 else 2**53) - field.bound
    integers = np.concatenate([limit - np.arange(5000), np.random.default_rng(p).integers(-limit, limit, 50_000)])
    tensor = torch.from_numpy(integers.astype(field.dtype)).to(device)
    OnTorch(device).reduce(tensor, field)
    array = integers.astype(field.dtype)
    field.reduce(array)
    assert (tensor.cpu().numpy() == array).all()


@pytest.mark.parametrize(("name", "on"), [("allow_tf32", True), ("fp32_precision", "tf32")])
def test_tensor_float_32_is_off_during_products(name, on, device):
    """Whichever of its two settings a program uses: PyTorch lets nobody read the other one meanwhile."""
    torch = pytest.importorskip("torch")
    settings = torch.backends.cuda.matmul
    if not hasattr(settings, name):
        pytest.skip(f"this PyTorch has no {name}")
    before = getattr(settings, name)
    seen = []
    multiply = torch.mm

    def noticed(*arguments, **options):
        modern = hasattr(settings, "fp32_precision")
        seen.append(settings.fp32_precision == "ieee" if modern else not settings.allow_tf32)
        return multiply(*arguments, **options)

    setattr(settings, name, on)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torch, "mm", noticed)
            independent_minor(np.eye(20), 227, backend=OnTorch(device))
        assert getattr(settings, name) == on
    finally:
        setattr(settings, name, before)
    assert seen
    assert all(seen)


@pytest.mark.parametrize("p", [227, 509, 1048573])
def test_products_of_the_largest_residues_are_exact(p, device):
    """As many products as are added between two reductions, all of one sign and as large as a residue may be."""
    pytest.importorskip("torch")
    field, backend = Modulus(p), OnTorch(device)
    length = min(field.products, 4096)
    left = np.full((200, length), field.bound, dtype=field.dtype)
    right = np.full((length, 300), field.bound, dtype=field.dtype)
    product = backend.multiply(backend.put(left), backend.put(right), backend.empty((200, 300), field))
    assert set(backend.get(product).ravel().tolist()) == {float(length * field.bound**2)}
