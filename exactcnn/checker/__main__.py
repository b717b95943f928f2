"""Run the checker alone: python -I -m exactcnn.checker FILE [--against OTHER] [--limit FACTOR].

-I is not optional. Without it Python looks for modules in the current folder first, so a file `flint.py` or `ast.py`
that came with a certificate would be run in place of the module of this name, and could print what it likes.
"""

from __future__ import annotations

import math
import sys

from exactcnn.checker import check

USAGE = "usage: python -I -m exactcnn.checker FILE [--against OTHER] [--limit FACTOR]\n"


def main(arguments: list[str]) -> int:
    """Write the outcome for one file and return the exit code."""
    options = dict(zip(arguments[1::2], arguments[2::2], strict=False))
    against, factor = options.get("--against"), factor_of(options.get("--limit", "1"))
    if len(arguments) != 1 + 2 * len(options) or not options.keys() <= {"--against", "--limit"} or factor is None:
        sys.stderr.write(USAGE)
        return 2
    try:
        outcome = check(arguments[0], against=against, limit=factor)
    except KeyboardInterrupt:
        sys.stderr.write("exactcnn.checker: interrupted\n")
        return 130
    sys.stdout.writelines(f"{line}\n" for line in (outcome.instance, *outcome.accepted) if line)
    (sys.stderr if outcome.exit_code else sys.stdout).write(f"{outcome.message}\n")
    return outcome.exit_code


def factor_of(text: str) -> float | None:
    """Return a positive number, or None."""
    try:
        factor = float(text)
    except ValueError:
        return None
    return factor if 0 < factor < math.inf else None


if __name__ == "__main__":
    if not sys.flags.safe_path:
        # too late against a module that was run already; so that nobody gets used to this call
        sys.stderr.write("exactcnn.checker: without -I modules in the current folder would be run; use python -I -m\n")
        sys.exit(2)
    sys.exit(main(sys.argv[1:]))
