"""The certificates of a page as files for Rocq, and what a record says of them."""

from exactcnn.proofs.registry import run, select, statements
from exactcnn.proofs.replayed import accepted_files, rocq_files
from exactcnn.rocq.record import Record, recorded


def page(name):
    return run(*select([name], statements()))


def test_files_of_a_page_each_once():
    found = rocq_files(page("NH18.T3.4"))
    assert len({each.file.certificate for each in found}) == len(found) >= 2
    document = found[0].document()
    assert document["check"].startswith("independence.")
    assert document["claims"] <= document["of"]
    assert "From ExactCNN Require" in document["text"]
    assert document["name"] == f"{found[0].file.certificate[:16]}.v"


def test_a_page_without_certificates_has_none():
    assert rocq_files(page("NH18.D2.2")) == ()


def test_only_recorded_files_are_accepted():
    own = page("NH18.L2.5")
    (found,) = rocq_files(own)
    assert accepted_files(own, recorded([found.file])) == (found,)
    assert accepted_files(own, Record("", {})) == ()
