"""Fixtures of the command's tests: a folder with samples and weights, and what must be refused."""

import numpy as np
import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with samples and weights that fit NETWORK."""
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    np.savetxt("samples.csv", generator.integers(0, 9, (4, 9)), fmt="%d", delimiter=",")
    arrays = {"W1": generator.normal(size=(4, 2)), "b1": generator.normal(size=8)}
    np.savez("weights.npz", **arrays)
    return tmp_path


@pytest.fixture
def refused(run, folder):
    """Run what must be refused in one line that holds all the given words, writing nothing."""

    def refused(*arguments, says=()):
        def contents():
            small = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size < 10**6]
            return {path: path.read_bytes() for path in small}

        before = contents()
        code, out, err = run(*arguments)
        assert (code, out) == (2, ""), err
        assert err.count("\n") == 1
        assert err.startswith("exactcnn: ")
        for words in (says,) if isinstance(says, str) else says:
            assert words in err
        assert contents() == before
        return err

    return refused


@pytest.fixture
def given(tmp_path):
    """A model in ONNX, its samples, and labels and targets beside them."""
    pytest.importorskip("onnx")
    from tests.interop.test_model_files import write_model

    model, data = write_model(tmp_path)
    np.save(model.with_name("labels.npy"), np.arange(8) % 2)
    np.save(model.with_name("targets.npy"), np.ones((8, 2), dtype=int))
    return model, data
