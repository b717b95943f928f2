"""Certificates of the pages' checks, as documents and as files for Rocq, and the compiled lemmas."""

import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

from exactcnn.proofs.registry import find_check
from exactcnn.rocq.export import certificate_file
from exactcnn.rocq.kernel import compile_lemmas

needs_coqc = pytest.mark.skipif(shutil.which("coqc") is None, reason="no coqc; on Debian: apt-get install -y coq")


@cache
def certificates(check):
    return find_check(check)().certificates


def written(certificate):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "certificate.json"
        certificate.write(path)
        return json.loads(path.read_text())


@cache
def document(check, number=0):
    return written(certificates(check)[number])


@cache
def file(check, number=0):
    found = certificate_file(certificates(check)[number])
    assert found is not None
    return found


@cache
def _folder():
    return tempfile.TemporaryDirectory()  # removed when the cache is, at the end


@cache
def library():
    return compile_lemmas(Path(_folder().name))
