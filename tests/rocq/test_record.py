"""The record of what Rocq has accepted: only this very file, with the lemmas as they are."""

from dataclasses import replace

from exactcnn.rocq.record import Record, digest, lemma_hash, read_record, recorded, write_record
from tests.rocq.examples import file


def test_a_record_is_read_as_it_was_written(tmp_path):
    own, path = file("gallery.linear_cnn_3"), tmp_path / "record.json"
    assert own not in read_record(path)
    write_record(recorded([own]), path)
    assert own in read_record(path)
    assert file("gallery.baldi_hornik") not in read_record(path)


def test_another_file_or_other_lemmas_are_not_recorded():
    own = file("gallery.linear_cnn_3")
    record = recorded([own])
    assert replace(own, body=own.body.replace("1", "2", 1)) not in record
    assert replace(own, certificate=digest("another")) not in record
    assert own not in Record(digest("other lemmas"), record.bodies)
    assert record.lemmas == lemma_hash()


def test_the_record_of_the_project_is_about_its_lemmas():
    record = read_record()
    assert record.lemmas == lemma_hash(), "the lemmas have changed: run `make rocq`"
    assert len(record.bodies) > 100
