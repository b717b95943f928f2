"""Let Rocq prove the certificates of all pages and of each kind of evidence, and record what it accepts: `make rocq`.

The record, `proofs/rocq/replayed.json`, names hashes only; the site shows "also checked by Rocq" where they are those
of the certificates and the files as they are now.
"""

import sys
import tempfile
from pathlib import Path

from exactcnn.errors import InputError
from exactcnn.proofs.registry import run, statements
from exactcnn.proofs.replayed import rocq_files
from exactcnn.rocq.export import RocqFile, export_rocq
from exactcnn.rocq.kernel import compile_lemmas, replay, together
from exactcnn.rocq.lemmas import all_theorems
from exactcnn.rocq.record import recorded, write_record

EVIDENCE = Path(__file__).parents[1] / "docs" / "examples" / "evidence"


def main() -> int:
    """Run; exit code 1 if Rocq rejects anything."""
    accepted: list[RocqFile] = []
    rejected = 0
    with tempfile.TemporaryDirectory(prefix="exactcnn.") as name:
        try:
            library = compile_lemmas(Path(name))
        except InputError as error:
            print(error, file=sys.stderr)
            return 2
        said = replay(*all_theorems(), library=library)
        print(f"proofs/rocq: {said.message}", flush=True)
        rejected += not said.accepted
        for statement in statements():
            files = [each.file for each in rocq_files(run(statement))]
            if not files:
                continue
            said = replay(*together(files), library=library)
            print(f"{statement.id}: {len(files)} certificates, {said.message}", flush=True)
            rejected += not said.accepted
            accepted += files if said.accepted else []
        for path in sorted(EVIDENCE.glob("*.json")):
            try:
                file = export_rocq(path)
            except InputError:
                continue  # no form
            said = replay(file.text(inline=False), file.theorems, library=library)
            print(f"{path.stem}: {said.message}", flush=True)
            rejected += not said.accepted
            accepted += [file] if said.accepted else []
    write_record(recorded(accepted))
    return int(rejected > 0)


if __name__ == "__main__":
    sys.exit(main())
