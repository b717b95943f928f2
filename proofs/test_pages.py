"""Every page of the registry: its Python blocks run, and its checks come out as the page's kind promises."""

import json
import shutil
from pathlib import Path

import pytest

from exactcnn.proofs.registry import PageResult, Statement, run, statements
from exactcnn.proofs.replayed import rocq_files
from exactcnn.rocq.kernel import compile_lemmas, replay, together


@pytest.fixture(scope="module", params=statements(), ids=lambda statement: statement.id)
def page(request: pytest.FixtureRequest) -> PageResult:
    statement: Statement = request.param
    return run(statement)


def test_page_holds(page: PageResult) -> None:
    assert not page.failures, "\n".join(page.failures)
    assert page.status != "broken"


def test_result_has_a_json_form(page: PageResult) -> None:
    document = page.document()
    assert json.loads(json.dumps(document)) == document


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_lemmas(tmp_path_factory.mktemp("rocq"))


@pytest.mark.skipif(shutil.which("coqc") is None, reason="no coqc; on Debian: apt-get install -y coq")
def test_rocq_proves_what_has_a_form_there(page: PageResult, library: Path) -> None:
    files = [each.file for each in rocq_files(page)]
    said = replay(*together(files), library=library)
    assert said.accepted, said.message
