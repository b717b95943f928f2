"""Run the checker alone: python -I -m exactcnn.checker FILE [--against OTHER].

-I is not optional. Without it Python looks for modules in the current folder first, so a file `flint.py` or `ast.py`
that came with a certificate would be run in place of the module of this name, and could print what it likes.
"""

from __future__ import annotations

import sys

from exactcnn.checker import check


def main(arguments: list[str]) -> int:
    """Write the outcome for one file and return the exit code."""
    if len(arguments) not in (1, 3) or arguments[1:2] not in ([], ["--against"]):
        sys.stderr.write("usage: python -I -m exactcnn.checker FILE [--against OTHER]\n")
        return 2
    outcome = check(arguments[0], against=arguments[2] if arguments[1:] else None)
    sys.stdout.writelines(f"{line}\n" for line in (outcome.instance, *outcome.accepted) if line)
    (sys.stderr if outcome.exit_code else sys.stdout).write(f"{outcome.message}\n")
    return outcome.exit_code


if __name__ == "__main__":
    if not sys.flags.safe_path:
        # too late against a module that was run already; so that nobody gets used to this call
        sys.stderr.write("exactcnn.checker: without -I modules in the current folder would be run; use python -I -m\n")
        sys.exit(2)
    sys.exit(main(sys.argv[1:]))
