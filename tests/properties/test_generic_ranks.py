"""Every kind of evidence for a generic rank, from the engine's document to the checker's verdict."""

import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.checker import check
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network
from exactcnn.theorems.verify import verify

STRIDED = {"kernel": 3, "stride": 2, "padding": 1}


@pytest.mark.parametrize(
    ("shape", "options", "filters", "rank", "full", "above"),
    [
        ((1, 5, 5), STRIDED, 3, 24, 25, "lifting"),
        ((1, 7, 7), STRIDED, 3, 45, 48, "lifting"),
        ((2, 4, 4), {"kernel": 2, "padding": 1}, 1, 23, 25, "lifting"),
        ((3, 3, 3), {"kernel": 2, "padding": 1}, 2, 26, 27, "lifting"),
        ((1, 3, 3), {"kernel": 2}, 2, 7, 8, "determinantal"),
        ((3, 8, 8), {"kernel": 2}, 4, 180, 192, "determinantal"),
        ((1, 6, 6), {"kernel": 2, "stride": 4}, 9, 16, 36, "cover"),
        ((9,), {"patches": ((1, 8, 3, 0, 2), (5, 4, 6, 3, 7), (7, 4, 3, 5, 6))}, 3, 8, 9, "cover"),
        ((4,), {"patches": ((0, 1), (0, 2), (1, 3), (2, 3))}, 1, 3, 4, "syzygies"),
        ((1, 5, 5), {"kernel": 3}, 9, 25, 25, "shape"),
    ],
)
def test_assumption_2_4_with_a_certificate(tmp_path, shape, options, filters, rank, full, above):
    network = Network(shape, [Convolution(filters, activation="sigmoid", **options)])
    found = verify(network)
    (verdict,) = [verdict for verdict in found.verdicts if verdict.statement == "NH18.A2.4"]
    assert verdict.status == ("proved" if rank == full else "refuted")
    assert (verdict.details["rank"], verdict.details["full"]) == (rank, full)
    (claim,) = [claim for claim in (c.document() for c in found.claims) if claim["kind"] == "generic-rank"]
    assert claim["upper_evidence"]["kind"] == above
    path = tmp_path / "certificate.json"
    Certificate(Instance(network), found.claims, 1).write(path)
    outcome = check(path)
    assert outcome.exit_code == 0, outcome.message
    assert f"{rank} <= largest rank of U_1 <= {rank}" in outcome.accepted
