"""Write the certificates of `docs/examples/evidence`: one small claim for each kind of evidence.

    python -m tests.evidence

They are those of the tests, and critical points at random, the first of each kind that both checkers accept.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exactcnn import second_checker as second
from exactcnn.checker import check
from exactcnn.report.trust import evidence_of
from tests import twice
from tests.checker import conftest as make
from tests.checker.test_mutations import documents

FOLDER = Path(__file__).parents[1] / "docs" / "examples" / "evidence"
CRITICAL = {
    "zero",
    "mean-targets",
    "entry",
    "negative-direction",
    "hessian",
    "inactive",
    "scaling",
    "shift",
    "unseen",
    "constant",
    "mixing",
}


def candidates(folder: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Instances with one claim."""
    for instance, claims in documents(make):
        yield from ((instance, claim) for claim in claims if claim["kind"] != "conclusion")
    layer = make.convolution([[0, 1]], 2, "sigmoid", weights=[["1", "-1"], ["2", "1"]], bias="none")
    triangular = {"kind": "triangular-minor", "rows": [0, 1], "columns": [0, 1]}
    off = make.convolution([[0]], 2, "relu", weights=[["1", "1"]], biases=["-1", "0"])
    yield make.instance([["2"], ["1"]], [off]), make.rank(1, 2, 2, triangular, make.SHAPE)
    weights = make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    yield make.instance([["1", "1"], ["-3", "2"]], [layer]), {**weights, "kind": "weights-rank"}
    means = make.instance([["1", "2"], ["3", "0"], ["1", "2"]], [{**layer, "activation": make.activation("identity")}])
    means["targets"] = make.array([["6", "0"], ["3", "-3"], ["4", "2"]])
    claim = {"kind": "critical-point", "point": -1, "type": "global minimum", "strict": False, "index": None}
    yield means, {**claim, "loss": ["2", "2"], "evidence": {"kind": "mean-targets"}}
    generator = random.Random(0)
    for _ in range(4000):
        instance, claims = twice.critical_document(generator, folder)
        yield instance, claims[0]


def main() -> None:
    """Write the files; those that are there are replaced."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    seen: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "certificate.json"
        for instance, claim in candidates(Path(folder)):
            path.write_bytes(make.seal({**make.HEAD, "instance": instance, "claims": [claim]}))
            name = evidence_of(claim)
            one_step = (
                len(claim.get("evidence", {}).get("slice", [])) <= 1
                if isinstance(claim.get("evidence"), dict)
                else True
            )
            if name in seen or not one_step or check(path).exit_code or second.check(path)[0]:
                continue
            seen.add(name)
            (FOLDER / (name.replace(": ", "-").replace(", ", "-").replace(" ", "-") + ".json")).write_bytes(
                path.read_bytes()
            )
            if {word for each in seen for word in each.replace(",", "").split()} >= CRITICAL:
                break


if __name__ == "__main__":
    main()
