"""Checkpoints: killed at any byte, a run goes on and ends with the same minor; what belongs to another is refused."""

import subprocess
import sys
import time

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.linalg import checkpoints
from exactcnn.linalg.backends import OnNumpy
from exactcnn.linalg.modular import independent_minor
from tests.linalg.test_modular import KINDS, planted


def minor(matrix, p, folder, panel=32):
    rows, columns = independent_minor(matrix, p, backend=OnNumpy(panel, 50), checkpoint=folder)
    return rows.tolist(), columns.tolist()


@pytest.fixture
def counted(monkeypatch):
    """How many panels are eliminated, not read."""
    from exactcnn.linalg.elimination import Elimination

    seen, next_panel = [], Elimination.next_panel
    monkeypatch.setattr(Elimination, "next_panel", lambda self: seen.append(self.start) or next_panel(self))
    return seen


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [227, 509, 1048573])
@pytest.mark.parametrize("shape", [(130, 120), (100, 170)])
def test_cut_off_anywhere(kind, p, shape, tmp_path, counted):
    matrix = planted(kind, shape, p)
    expected = minor(matrix, p, None)
    panels = len(counted)
    assert minor(matrix, p, tmp_path) == expected
    [path] = tmp_path.iterdir()
    whole = path.read_bytes()
    counted.clear()
    assert minor(matrix, p, tmp_path) == expected
    assert not counted
    assert path.read_bytes() == whole
    for length in sorted(np.random.default_rng(0).integers(0, len(whole), 12).tolist()):
        path.write_bytes(whole[:length])
        counted.clear()
        assert minor(matrix, p, tmp_path) == expected
        assert path.read_bytes() == whole
        assert len(counted) <= panels
    path.write_bytes(whole[:-1])
    counted.clear()
    assert minor(matrix, p, tmp_path) == expected
    assert len(counted) == 1


def test_one_flipped_bit_costs_the_panels_after_it(tmp_path, counted):
    matrix = planted("random", (200, 200), 227)
    expected = minor(matrix, 227, tmp_path)
    [path] = tmp_path.iterdir()
    whole = path.read_bytes()
    header = whole.index(b"}\n") + 2
    for place in np.random.default_rng(1).integers(header, len(whole), 40).tolist():
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        counted.clear()
        assert minor(matrix, 227, tmp_path) == expected
        assert counted
        assert path.read_bytes() == whole


def test_another_matrix_panel_or_version_is_refused(tmp_path):
    matrix = planted("random", (100, 100), 227)
    minor(matrix, 227, tmp_path)
    [path] = tmp_path.iterdir()
    whole = path.read_bytes()
    other = matrix.copy()
    other[3, 4] += 1
    with pytest.raises(InputError, match="a checkpoint of another matrix: its hash"):
        minor(other, 227, tmp_path)
    with pytest.raises(InputError, match="a checkpoint of another matrix"):
        minor(matrix, 227, tmp_path, panel=16)
    for content in (b"exactcnn elimination 2\n" + whole[23:], b"something else", b"x"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="another version, or none"):
            minor(matrix, 227, tmp_path)
        assert path.read_bytes() == content
    assert minor(matrix, 101, tmp_path)  # another modulus has a file of its own
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="expected a folder for checkpoints"):
        minor(np.eye(3), 227, tmp_path / "file")


def test_a_full_disk_leaves_the_panels_before(tmp_path, monkeypatch, counted):
    matrix = planted("random", (200, 200), 227)
    expected = minor(matrix, 227, None)
    sync, left = checkpoints.os.fsync, [3]

    def full(number):
        left[0] -= 1
        if left[0] < 0:
            checkpoints.os.ftruncate(number, checkpoints.os.fstat(number).st_size - 100)
            raise OSError(28, "No space left on device")
        sync(number)

    monkeypatch.setattr(checkpoints.os, "fsync", full)
    with pytest.raises(InputError, match=r"No space left on device; the panels before stay valid"):
        minor(matrix, 227, tmp_path)
    monkeypatch.setattr(checkpoints.os, "fsync", sync)
    counted.clear()
    assert minor(matrix, 227, tmp_path) == expected
    assert counted[0] == 3 * 32


def test_two_runs_in_one_folder(tmp_path, monkeypatch):
    appended = checkpoints.Checkpoint.appended

    def disturbed(self, panel, before):
        with self.path.open("ab") as file:
            file.write(b"!")
        return appended(self, panel, before)

    monkeypatch.setattr(checkpoints.Checkpoint, "appended", disturbed)
    with pytest.raises(InputError, match="expected one run at a time in a folder"):
        minor(planted("random", (100, 100), 227), 227, tmp_path)


RUN = """
import sys
from pathlib import Path
import numpy as np
from exactcnn.linalg.backends import OnNumpy
from exactcnn.linalg.modular import independent_minor
matrix = np.random.default_rng(0).integers(-100, 100, (900, 900))
matrix[:, 300:400] = 0
rows, columns = independent_minor(matrix, 227, backend=OnNumpy(16, 300), checkpoint=Path(sys.argv[1]))
print(rows.tolist(), columns.tolist())
"""


def test_killed_for_real(tmp_path):
    """Again and again, at some moment of its work, until a run ends: the same minor as without a kill."""
    command = [sys.executable, "-c", RUN, str(tmp_path / "kept")]
    expected = subprocess.run([*command[:-1], str(tmp_path / "whole")], capture_output=True, check=True).stdout
    rng, sizes = np.random.default_rng(3), []
    for _ in range(6):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        files = list((tmp_path / "kept").glob("*"))
        before = files[0].stat().st_size if files else 0
        deadline, more = time.monotonic() + 60, int(rng.integers(1, 60_000))
        while process.poll() is None and time.monotonic() < deadline:  # until it has written something more
            files = list((tmp_path / "kept").glob("*"))
            if files and files[0].stat().st_size > before + more:
                break
            time.sleep(0.001)
        process.kill()
        process.communicate()
        [path] = (tmp_path / "kept").glob("*")
        sizes.append(path.stat().st_size)
    assert sizes[0] < sizes[-1]
    assert subprocess.run(command, capture_output=True, check=True).stdout == expected
