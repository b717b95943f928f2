"""Claims about the loss at a point, and that a minimum is not global."""

from __future__ import annotations

from typing import Any

from flint import fmpq

from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.document import FormatError, fields, integer, quote, rational, require, sequence
from exactcnn.checker.inertia import Interval
from exactcnn.checker.instance import Instance
from exactcnn.checker.losses import loss_interval
from exactcnn.checker.points import at_point, read_point


def point_text(point: int) -> str:
    """Return a point in words."""
    return "the parameters" if point < 0 else f"points[{point}]"


def read_precision(value: Any) -> int:
    """Return a number of bits."""
    return integer(value, "precision", 2, 2**20)


def read_interval(value: Any, where: str) -> Interval:
    """Return two numbers in ascending order."""
    low, high = (rational(end, where) for end in sequence(value, where, 2))
    if low > high:
        raise FormatError(f"{where} is an empty interval")
    return low, high


def require_within(found: Interval, stated: Interval, what: str = "the loss") -> None:
    """Reject the claim unless the interval that was found lies in the one that is stated."""
    require(stated[0] <= found[0], f"{what} is not certainly at least the stated lower bound")
    require(stated[1] >= found[1], f"{what} is not certainly at most the stated upper bound")


def short(number: fmpq) -> str:
    """Return a number in few characters; a decimal stands for a long one."""
    text = str(number)
    if len(text) <= 30:
        return text
    whole = abs(int(number.p)).bit_length() - int(number.q).bit_length()
    return f"{int(number.p * 10**12 // number.q) / 10**12:.6g}..." if whole < 64 else f"{text[:27]}..."


def interval_text(bounds: Interval) -> str:
    """Return an interval in few characters."""
    return short(bounds[0]) if bounds[0] == bounds[1] else f"[{short(bounds[0])}, {short(bounds[1])}]"


def read_loss(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim lower <= loss <= upper at a point."""
    _, point, lower, upper, precision = fields(claim, "claim", "kind", "point", "lower", "upper", "precision")
    read_point(instance, point)
    stated = read_interval([lower, upper], "loss")
    bits = None if precision is None else read_precision(precision)

    def verify() -> None:
        require_within(loss_interval(at_point(instance, point), bits), stated)

    return Read(f"loss at {point_text(point)}: {interval_text(stated)}", verify)


MINIMA = ("minimum", "global minimum")


def read_suboptimal(instance: Instance, claim: Any, accepted: Accepted) -> Read:
    """Return the claim that a minimum is not global: an earlier point has a smaller loss."""
    minimum, better = fields(claim, "claim", "kind", "claim", "loss")[1:]
    integer(minimum, "claim", 0, accepted.number)
    integer(better, "loss", 0, accepted.number)
    earlier = accepted.claims[minimum]
    if earlier["kind"] not in ("critical-point", "basin"):
        raise FormatError(f"claim {minimum} is {quote(earlier['kind'])}; expected a critical-point or a basin")
    if accepted.claims[better]["kind"] != "loss":
        raise FormatError(f"claim {better} is {quote(accepted.claims[better]['kind'])}; expected a loss")

    def verify() -> None:
        texts = (*earlier.get("loss", ()), earlier.get("floor", ""), accepted.claims[better]["upper"])
        instance.budget.spend(20 * sum(map(len, texts)), "losses")
        if earlier["kind"] == "critical-point":
            require(earlier["type"] in MINIMA, f"claim {minimum} is not about a minimum")
            lowest = rational(earlier["loss"][0], "loss")
        else:
            lowest = rational(earlier["floor"], "floor")
        highest = rational(accepted.claims[better]["upper"], "upper")
        require(highest < lowest, f"the loss of claim {better} is not certainly below that of claim {minimum}")

    return Read(f"the minimum of claim {minimum} is not global: claim {better} is below it", verify)
