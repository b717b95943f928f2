"""Certificates as files for Rocq: what is in them, what is not, and bad input in one line."""

import json

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.rocq.export import FORMS, certificate_file, export_rocq, rocq_file
from exactcnn.rocq.network import RocqInstance
from exactcnn.theorems.matrix import matrix_rank
from exactcnn.theorems.verify import verify
from tests.rocq.examples import certificates, document, file, written


def test_instance_statements_witnesses_and_assumptions_are_in_the_file():
    found = file("gallery.linear_cnn_3")
    text = found.text(inline=False)
    assert found.certificate == document("gallery.linear_cnn_3")["sha256"]
    assert found.certificate in " ".join(text.split())
    assert (found.claims, found.count) == ((1, 2), 3)  # of claim 0 the slice is left out
    assert text.count("Print Assumptions") == text.count("\nTheorem ") == len(found.theorems)
    assert any("not in the file: the slice" in line for line in found.left_out)
    assert "the slice" in " ".join(found.head.split())


def test_alone_it_requires_only_what_comes_with_rocq():
    text = file("gallery.linear_cnn_3").text()
    assert "ExactCNN" not in text


def test_claims_without_a_form_are_named():
    found = file("gaps_patches.deficient_image")
    assert found.left_out == ()
    kinds = {claim["kind"] for claim in document("data.patches_differ_between_samples")["claims"]}
    assert not kinds & FORMS.keys()
    assert certificate_file(certificates("data.patches_differ_between_samples")[0]) is None


def test_no_form_at_all_is_one_line(tmp_path):
    path = tmp_path / "c.json"
    certificates("data.patches_differ_between_samples")[0].write(path)
    with pytest.raises(InputError, match=r"claim 0 \(.*\) has no Rocq form: the kind 'distinct-patches' has none"):
        export_rocq(path)


def test_too_much_work_is_one_line_with_an_estimate(tmp_path):
    path = tmp_path / "c.json"
    certificates("gaps_patches.deficient_image")[0].write(path)
    with pytest.raises(InputError, match=r"Rocq would take about \d+ s; expected \d+ s or less"):
        export_rocq(path, limit=1e-9)
    with pytest.raises(InputError, match="limit = 0"):
        export_rocq(path, limit=0)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_features_that_would_take_too_long_are_not_worked_out(monkeypatch, activation):
    """The digits would take hours in Rocq; that is said before their features are worked out here."""
    network = Network((1, 2, 2), [Convolution(6, 1, activation=activation)])
    samples = ExactArray.from_array(np.arange(20).reshape(5, 4) ** 2)
    given = written(verify(network, random_parameters(network), samples).certificate)
    monkeypatch.setattr(RocqInstance, "features", None)
    monkeypatch.setattr("exactcnn.rocq.exponentials.pre_activations", None)
    accepted = [f"c{number}" for number, _ in enumerate(given["claims"])]
    found = rocq_file(given, accepted, "instance", limit=1e-6)
    number = next(number for number, claim in enumerate(given["claims"]) if claim["kind"] == "rank")
    says = f"claim {number} (c{number}), F_1: Rocq would take about "
    assert any(line.startswith(says) for line in found.left_out)


def test_a_minor_that_would_take_too_long_is_not_eliminated(monkeypatch):
    given = written(matrix_rank(ExactArray.from_array(np.diag(range(1, 41)))).certificate)
    monkeypatch.setattr("exactcnn.rocq.ranks.elimination_order", None)
    found = rocq_file(given, ["c"], "instance", limit=0.01)
    assert found.theorems == ("claim_0_above",)
    assert found.left_out == ("claim 0 (c), claim_0_below: Rocq would take about 2 s; expected 1 s or less",)


def test_only_what_the_checker_accepts(tmp_path):
    path = tmp_path / "c.json"
    with pytest.raises(InputError, match="expected a certificate that the checker accepts"):
        export_rocq(path)
    certificates("gaps_patches.deficient_image")[0].write(path)
    given = json.loads(path.read_text())
    given["claims"][0]["upper"] -= 1
    path.write_text(json.dumps(given))
    with pytest.raises(InputError, match="expected a certificate that the checker accepts"):
        export_rocq(path)


def test_large_instances_are_refused_by_name(tmp_path):
    path = tmp_path / "large.json"
    matrix_rank(ExactArray.from_array(np.eye(500, dtype=int))).certificate.write(path)
    with pytest.raises(InputError, match="samples stand in a file beside the certificate: too many numbers"):
        export_rocq(path)


def test_numbers_may_have_more_digits_than_python_reads(tmp_path):
    from exactcnn.domains.exact import ExactArray
    from exactcnn.theorems.matrix import matrix_rank

    path = tmp_path / "long.json"
    matrix_rank(ExactArray.from_array([[10**6000]])).certificate.write(path)
    assert f"[1{'0' * 6000}]" in export_rocq(path, limit=1000).body
