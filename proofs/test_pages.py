"""Every page of the registry: its Python blocks run, and its checks come out as the page's kind promises."""

import json

import pytest

from exactcnn.proofs.registry import PageResult, Statement, run, statements


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
