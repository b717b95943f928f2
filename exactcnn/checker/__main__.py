"""Run the checker alone: python -m exactcnn.checker FILE."""

from __future__ import annotations

import sys

from exactcnn.checker import check


def main(arguments: list[str]) -> int:
    """Write the outcome for one file and return the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m exactcnn.checker FILE\n")
        return 2
    outcome = check(arguments[0])
    stream = sys.stderr if outcome.exit_code else sys.stdout
    stream.writelines(f"{line}\n" for line in (*outcome.accepted, outcome.message))
    return outcome.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
