"""Certificates of the pages' checks, as documents and as files for Rocq, and the compiled lemmas."""

import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

from exactcnn.proofs.registry import find_check
from exactcnn.rocq.export import certificate_file, export_rocq
from exactcnn.rocq.kernel import compile_lemmas, replay
from exactcnn.rocq.text import integer, listing

EVIDENCE = Path(__file__).parents[2] / "docs" / "examples" / "evidence"

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
def evidence(name):
    return export_rocq(EVIDENCE / f"{name}.json")


def evidence_document(name):
    return json.loads((EVIDENCE / f"{name}.json").read_text())


@cache
def _folder():
    return tempfile.TemporaryDirectory()  # removed when the cache is, at the end


@cache
def library():
    return compile_lemmas(Path(_folder().name))


def computed(files, **equations):
    """Whether Rocq finds these equations by computing both sides."""
    lines = ["From Coq Require Import List ZArith QArith.", f"From ExactCNN Require Import {files}."]
    lines += ["Import ListNotations.", "Open Scope Z_scope."]
    for name, (left, right) in equations.items():
        lines += [f"Theorem {name} : {left} = {right}.", "Proof. vm_compute. reflexivity. Qed."]
        lines += [f"Print Assumptions {name}."]
    return replay("\n".join(lines), list(equations), library=library()).accepted


def integers(numbers):
    return listing(map(integer, numbers))


def booleans(truths):
    return listing(str(truth).lower() for truth in truths)
