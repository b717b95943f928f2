"""The errors of exactcnn: one small family, one line each."""


class ExactCNNError(Exception):
    """Base class of every error that exactcnn raises on purpose.

    The message is one line: what was wrong, where, and what would be right.
    """


class InputError(ExactCNNError, ValueError):
    """Data, a network, a parameter or a file that cannot be used as given."""


class UnluckyModulus(ExactCNNError):
    """A modulus that divides a denominator: the residue does not exist; take another modulus."""


class Remark(UserWarning):
    """What is read as it stands, but may have been meant otherwise: one line, on the error stream of the command."""


class Interrupted(SystemExit):
    """A signal ends the command, with exit code 128 + its number; what is finished may still be printed."""
