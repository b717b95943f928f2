"""Certificates as values: written, checked when it is wanted, and silent where they say nothing."""

import json
import tempfile

import numpy as np
import pytest

from exactcnn.certificates import certificate as module
from exactcnn.certificates.certificate import Certificate
from exactcnn.checker import check
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.linalg.evidence import DistinctLines, Evidence, RankBounds
from exactcnn.network.features import FeatureMatrix, RankClaim
from exactcnn.network.instance import Instance
from exactcnn.network.layers import AveragePooling, Convolution, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.patches.generic_rank import GenericRank, GenericRankClaim, generic_rank
from exactcnn.theorems.hypotheses import WidthClaim

NETWORK = Network((4,), [Convolution(1, patches=((0, 1), (0, 2), (1, 3), (2, 3)), activation="relu")])
SAMPLES = ExactArray.from_array([[1, 2, 3, 4], [5, 6, 7, 8], [1, 1, 1, 1]])
INSTANCE = Instance(NETWORK, samples=SAMPLES)
TRUE = Certificate(INSTANCE, (WidthClaim(1, True),), 1)
FALSE = Certificate(INSTANCE, (WidthClaim(1, False),), 1)


def bounds(lower, upper, layer=0):
    return Certificate(INSTANCE, (RankClaim(layer, RankBounds(lower, upper)),), layer)


def largest(lower, upper):
    honest = generic_rank(NETWORK.layer(1).patches, 1)
    claim = GenericRankClaim(1, GenericRank(lower, upper, honest.lower_evidence, honest.upper_evidence, None))
    return Certificate(INSTANCE, (claim,), 1)


def test_what_is_written_is_what_is_checked(tmp_path):
    for certificate, code in ((TRUE, 0), (FALSE, 1)):
        certificate.write(tmp_path / "c.json")
        assert vars(check(tmp_path / "c.json")) == vars(certificate.outcome)
        assert certificate.outcome.exit_code == code
    assert json.loads((tmp_path / "c.json").read_text())["claims"] == [{"kind": "width", "layer": 1, "holds": False}]


def test_the_checker_is_asked_once(monkeypatch):
    calls = []
    monkeypatch.setattr(module, "check", lambda path, **options: calls.append(path) or check(path, **options))
    certificate = Certificate(INSTANCE, (WidthClaim(1, True),), 1)
    assert [certificate.checked(), certificate.checked(True), certificate.outcome.exit_code] == [True, True, 0]
    assert len(calls) == 1
    assert not calls[0].parent.exists()  # nothing is left behind


def test_the_checker_is_asked_where_it_is_quick_or_wanted(monkeypatch):
    assert (TRUE.checked(), FALSE.checked(), TRUE.checked(False), FALSE.checked(False)) == (True, False, None, None)
    monkeypatch.setattr(Certificate, "seconds", module.A_FEW_SECONDS)
    assert (TRUE.checked(), FALSE.checked()) == (True, False)
    monkeypatch.setattr(Certificate, "seconds", module.A_FEW_SECONDS + 0.1)
    assert (TRUE.checked(), FALSE.checked()) == (None, None)
    assert (TRUE.checked(True), FALSE.checked(True)) == (True, False)


def test_progress_is_told_before_the_checker_is_asked():
    """With an estimate, then what the checker itself reports; once, for the answer is kept."""
    seen = []
    certificate = Certificate(INSTANCE, (WidthClaim(1, True),), 1)
    certificate.checked(False, progress=lambda *report: seen.append(report))
    assert seen == []
    for _ in range(2):
        assert certificate.checked(progress=lambda *report: seen.append(report))
    assert seen == [("checking, about 1 s", 0, 1), ("claims", 0, 1)]


@pytest.mark.parametrize(
    ("certificate", "silent"),
    [
        (Certificate(INSTANCE, (), 1), True),
        (bounds(0, 3), True),  # 3 samples, 4 neurons
        (bounds(0, 4), True),
        (bounds(1, 3), False),
        (bounds(0, 2), False),  # whatever its evidence is called
        (bounds(3, 3), False),
        (largest(0, 4), True),
        (largest(1, 4), False),
        (largest(0, 3), False),
        (TRUE, False),
        (FALSE, False),
        (Certificate(INSTANCE, (*bounds(0, 3).claims, *largest(0, 4).claims), 1), True),
        (Certificate(INSTANCE, (*bounds(0, 3).claims, *TRUE.claims), 1), False),
    ],
)
def test_what_says_nothing_is_not_asked(certificate, silent):
    assert certificate.silent is silent
    if silent:
        assert certificate.checked() is certificate.checked(True) is None
        assert certificate.outcome.exit_code == 1  # the checker rejects what says nothing


def test_no_room_for_the_checker_is_one_line(monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    expected = "the temporary folder for the checker: No space left on device; expected room there, or no check"
    with pytest.raises(InputError, match=f"^{expected}$"):
        Certificate(INSTANCE, (WidthClaim(1, True),), 1).checked()
    assert Certificate(INSTANCE, (WidthClaim(1, True),), 1).checked(False) is None


@pytest.mark.parametrize("pooling", [MaxPooling, AveragePooling])
@pytest.mark.parametrize("seed", range(4))
def test_repeated_lines_of_deep_layers_are_accepted(pooling, seed):
    """Samples that repeat, black corners, and pixels of few values, behind sigmoids and GELU."""
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 2, (6, 1, 4, 4))
    images[:, :, :3] = 0
    images[3:5] = images[:2]
    network = Network(
        (1, 4, 4),
        [Convolution(filters=2, kernel=2, activation="sigmoid", bias="filter"), pooling(kernel=2, stride=1, padding=1),
         Convolution(filters=2, kernel=2, activation="gelu", bias="filter")],
    )  # fmt: skip
    parameters, samples = random_parameters(network, seed=seed), ExactArray.from_array(images.reshape(6, 16))
    features = FeatureMatrix(network, parameters, samples, 3)
    found = features.rank()
    assert found.exact == len(np.unique(images.reshape(6, 16), axis=0))
    rows, columns = (features.distinct_lines(axis) for axis in (0, 1))
    assert len(rows) == found.exact
    assert pooling is AveragePooling or len(columns) < features.shape[1]
    claims = [found]
    for axis, lines in enumerate((rows, columns)):
        claims.append(RankBounds(0, len(lines), Evidence(), DistinctLines(axis, tuple(lines.tolist()))))
    certificate = Certificate(Instance(network, parameters, samples), [RankClaim(3, claim) for claim in claims], 3)
    assert certificate.outcome.exit_code == 0
