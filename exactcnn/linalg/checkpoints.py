"""What an elimination has finished, kept in a file that a kill at any moment leaves valid.

A panel is final once it is eliminated: it is appended as one record with its hash, and never touched again. What a
kill or a full disk leaves behind the last whole record is cut off by the next run, which takes panels from the file,
and all other rows from the matrix. The matrix is known by the hash of its residues.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from exactcnn.errors import InputError
from exactcnn.linalg.elimination import Elimination, Panel

FORMAT = b"exactcnn elimination 1\n"
LENGTHS = struct.Struct("<QQQ")  # the row behind the panel, pivots in it, columns that move
DIGEST = 16  # bytes


@dataclass(frozen=True)
class Checkpoint:
    """The panels of one elimination in a file.

    Attributes
    ----------
    path : Path
    header : bytes
        What the matrix is, and how many rows a panel has.
    size : int
        Where the next record goes.
    """

    path: Path
    header: bytes
    size: int = 0

    @classmethod
    def of(cls, folder: Path, begun: Elimination) -> Checkpoint:
        """Name the file by shape and modulus, for an elimination that has not begun.

        Raises
        ------
        InputError
            If the folder cannot be used.
        """
        stored = begun.backend.get(begun.work)
        shape, modulus = "{}x{}".format(*stored.shape), begun.field.p
        what = {"shape": shape, "modulus": modulus, "panel": begun.backend.panel, "hash": _hash(stored).hex()}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: {error.strerror}; expected a folder for checkpoints") from None
        header = FORMAT + json.dumps(what).encode() + b"\n"
        return cls(folder / f"{shape}-modulo-{modulus}.elimination", header)

    def resumed(self, begun: Elimination) -> tuple[Checkpoint, Elimination]:
        """Take the panels that are finished, and cut off what is not whole.

        Raises
        ------
        InputError
            If the file is none for this matrix, or cannot be read and written.
        """
        work, size = begun, len(self.header)
        try:
            with self.path.open("a+b") as file:
                file.seek(0)
                first = file.read(size)
                if first != self.header:
                    if not self.header.startswith(first):
                        which = "another matrix" if first.startswith(FORMAT) else "another version, or none"
                        raise InputError(
                            f"{self.path}: a checkpoint of {which}: its hash is not that of this one; expected"
                            " another folder"
                        )
                    file.truncate(0)
                    file.write(self.header)
                while (panel := _read(file, work)) is not None:
                    work, size = work.with_panel(panel), file.tell()
                file.truncate(size)
        except OSError as error:
            raise self._unusable(error) from None
        return replace(self, size=size), work

    def appended(self, panel: Panel, before: Elimination) -> Checkpoint:
        """Write a panel, and wait until it is on the disk.

        Raises
        ------
        InputError
            If it cannot be written, or something else has written to the file.
        """
        moved = np.flatnonzero(panel.order != np.arange(len(panel.order)))
        stored = before.backend.get(panel.echelon).astype(before.field.stored)
        arrays = [panel.rows.astype(np.uint32), moved.astype(np.uint32), panel.order[moved].astype(np.uint32), stored]
        lengths = LENGTHS.pack(panel.stop, len(panel.rows), len(moved))
        try:
            with self.path.open("ab", buffering=0) as file:
                if file.tell() != self.size:
                    raise InputError(f"{self.path} has changed; expected one run at a time in a folder")
                record = [np.frombuffer(lengths, np.uint8), *arrays]
                for part in (*map(_bytes, record), memoryview(_hash(*record))):
                    if file.write(part) != len(part):
                        raise OSError(28, "No space left on device")
                os.fsync(file.fileno())
                return replace(self, size=file.tell())
        except OSError as error:
            raise self._unusable(error) from None

    def _unusable(self, error: OSError) -> InputError:
        return InputError(f"{self.path}: {error.strerror}; the panels before stay valid: run it again to go on")


def _read(file: BinaryIO, work: Elimination) -> Panel | None:
    """Take the next record; None where it is not whole, or does not follow."""
    begin = file.read(LENGTHS.size)
    if len(begin) < LENGTHS.size or work.finished:
        return None
    stop, rank, moves = LENGTHS.unpack(begin)
    columns = len(work.order) - work.done
    if stop != min(work.start + work.backend.panel, len(work.work)) or max(rank, moves) > columns:
        return None
    arrays: list[NDArray[Any]] = []
    index, stored = np.dtype(np.uint32), np.dtype(work.field.stored)
    for dtype, count in ((index, rank), (index, moves), (index, moves), (stored, rank * (columns - rank))):
        data = file.read(count * dtype.itemsize)
        if len(data) < count * dtype.itemsize:
            return None
        arrays.append(np.frombuffer(data, dtype))
    if file.read(DIGEST) != _hash(np.frombuffer(begin, np.uint8), *arrays):
        return None
    rows, moved, sources, echelon = arrays
    order = np.arange(columns)
    order[moved] = sources
    return Panel(stop, rows.astype(np.intp), order, work.backend.put(echelon.reshape(rank, columns - rank).copy()))


def _bytes(array: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _hash(*arrays: NDArray[Any]) -> bytes:
    found = hashlib.blake2b(digest_size=DIGEST)
    for array in arrays:
        found.update(_bytes(array))
    return found.digest()
