"""The gallery: each piece is examined again, and comes out as its source says."""

from __future__ import annotations

from fractions import Fraction

from exactcnn.gallery.examine import examine
from exactcnn.gallery.registry import select
from exactcnn.landscape.critical_point import loss_text
from exactcnn.proofs.checks.recorder import CheckResult, check


def _examined(name: str) -> CheckResult:
    """Proved as promised; refuted where that is a counterexample: a minimum that is not global, or a theorem's gap."""
    (piece,) = select([name])
    found = examine(piece, check=False)
    point = found.point
    if found.failures:
        return CheckResult("undecided", "an instance", "; ".join(found.failures))
    better = "" if point.better is None else f"; loss {loss_text(point.better.loss)} elsewhere"
    gaps = [statement for statement, status in piece.verdicts.items() if status == "refuted"]
    kind = f"{point.status}, loss {loss_text(point.loss)}{better}"
    what = f"{kind}; {', '.join(gaps)} refuted" if gaps else kind
    bad = bool(gaps) or (point.suboptimal is True and "minimum" in point.status and point.status != "not a minimum")
    details = {"evidence": list(found.evidence), "status": point.status}
    return CheckResult("refuted" if bad else "proved", "an instance", what, details, (found.certificate,))


@check("GALLERY.swirszcz-1")
def swirszcz_1() -> CheckResult:
    """One ReLU on five points, at a kink."""
    return _examined("swirszcz-1")


@check("GALLERY.swirszcz-2")
def swirszcz_2() -> CheckResult:
    """Two ReLUs that split six points the wrong way."""
    return _examined("swirszcz-2")


@check("GALLERY.swirszcz-2-smooth")
def swirszcz_2_smooth() -> CheckResult:
    """The same split away from all kinks."""
    return _examined("swirszcz-2-smooth")


@check("GALLERY.swirszcz-3")
def swirszcz_3() -> CheckResult:
    """Three ReLUs, two local minima."""
    return _examined("swirszcz-3")


@check("GALLERY.swirszcz-4")
def swirszcz_4() -> CheckResult:
    """A dead layer: an open set of local minima."""
    return _examined("swirszcz-4")


@check("GALLERY.yun-1")
def yun_1() -> CheckResult:
    """ReLUs that are all on: the least-squares line is a local minimum."""
    return _examined("yun-1")


@check("GALLERY.yun-2")
def yun_2() -> CheckResult:
    """Two sigmoids that are constant on three points."""
    return _examined("yun-2")


@check("GALLERY.yun-2")
def yun_2_conditions() -> CheckResult:
    """Conditions (C2.3), (C2.6) and (C2.7) of Theorem 2 for the sigmoid to the base 2, in units of ln 2."""
    h, u = Fraction(1, 3), Fraction(1, 2)  # h = σ(−1), u = u_1 = u_2
    first, second = h * (1 - h), h * (1 - h) * (1 - 2 * h)
    own = (u * first) ** 2 + u * second / 3
    cross = (u * first) ** 4
    holds = 2 * u * h == Fraction(1, 3) and own > 0 and cross < own * own
    what = f"h = {h}, h' = {first}, h'' = {second}: 2uh = 1/3, {own} > 0, {cross} < {own * own}"
    return CheckResult("proved" if holds else "refuted", "an instance", what)


@check("GALLERY.he-wang-tao")
def he_wang_tao() -> CheckResult:
    """Two hidden layers of leaky ReLUs on one affine piece."""
    return _examined("he-wang-tao")


@check("GALLERY.auer-1")
def auer_1() -> CheckResult:
    """One sigmoid neuron, one weight: two basins."""
    return _examined("auer-1")


@check("GALLERY.auer-2")
def auer_2() -> CheckResult:
    """One sigmoid neuron, two weights: four basins."""
    return _examined("auer-2")


@check("GALLERY.baldi-hornik")
def baldi_hornik() -> CheckResult:
    """A linear bottleneck that learns the second component first."""
    return _examined("baldi-hornik")


@check("GALLERY.kawaguchi-2")
def kawaguchi_2() -> CheckResult:
    """A chain of two weights at 0: a saddle."""
    return _examined("kawaguchi-2")


@check("GALLERY.kawaguchi-3")
def kawaguchi_3() -> CheckResult:
    """A chain of three weights at 0: no negative curvature."""
    return _examined("kawaguchi-3")


@check("GALLERY.linear-cnn-3")
def linear_cnn_3() -> CheckResult:
    """A linear CNN on three inputs."""
    return _examined("linear-cnn-3")


@check("GALLERY.linear-cnn-4")
def linear_cnn_4() -> CheckResult:
    """A linear CNN on four inputs, and zero loss elsewhere."""
    return _examined("linear-cnn-4")


@check("GALLERY.li-ding-sun-2")
def li_ding_sun_2() -> CheckResult:
    """Two samples, one sigmoid: a strict minimum and its basin."""
    return _examined("li-ding-sun-2")


@check("GALLERY.li-ding-sun-3")
def li_ding_sun_3() -> CheckResult:
    """Three samples, one sigmoid: a strict minimum."""
    return _examined("li-ding-sun-3")


@check("GALLERY.li-ding-sun-3-wide")
def li_ding_sun_3_wide() -> CheckResult:
    """Three samples, two sigmoids: still a strict minimum."""
    return _examined("li-ding-sun-3-wide")


@check("GALLERY.fukumizu-amari-minimum")
def fukumizu_amari_minimum() -> CheckResult:
    """The sigmoid split into two halves: a minimum at width N, no longer strict."""
    return _examined("fukumizu-amari-minimum")


@check("GALLERY.fukumizu-amari-saddle")
def fukumizu_amari_saddle() -> CheckResult:
    """The sigmoid split with weights of both signs: a saddle."""
    return _examined("fukumizu-amari-saddle")


@check("GALLERY.zero-derivative")
def zero_derivative() -> CheckResult:
    """Strictly increasing, but a derivative vanishes."""
    return _examined("zero-derivative")


@check("GALLERY.constant-units")
def constant_units() -> CheckResult:
    """A minimum outside S_1 at width N."""
    return _examined("constant-units")


@check("GALLERY.convolutional-saddle")
def convolutional_saddle() -> CheckResult:
    """A critical point in S_1 below a convolution."""
    return _examined("convolutional-saddle")


@check("GALLERY.convolutional-regression")
def convolutional_regression() -> CheckResult:
    """Three samples: a minimum in S_1 below a convolution."""
    return _examined("convolutional-regression")


@check("GALLERY.convolutional-regression")
def convolutional_regression_by_hand() -> CheckResult:
    """With the best output bias, Φ − 1 = (s² − st + t²)/3 − t, whose quadratic part is positive definite."""
    import sympy

    x, y, big_p, big_q, b_1, b_2, c = sympy.symbols("x y P Q b_1 b_2 c")
    s, t = big_p * y + big_q * x, x * y
    rows = [(1, 0, 0), (1, 1, 0), (1, 0, 1)]  # F_1; σ_2(z) = z + 1 above 0
    units = [(big_q * f + y * g + b_1 + 1, big_q * g + y * h + b_2 + 1) for f, g, h in rows]
    outputs = [big_p * left + x * right + c for left, right in units]
    loss = sum((output - target) ** 2 for target, output in enumerate(outputs)) / 2
    best = sympy.solve(sympy.diff(loss, c), c)[0]
    identity = sympy.expand(loss.subs(c, best) - 1 - ((s**2 - s * t + t**2) / 3 - t)) == 0
    form = sympy.hessian(s**2 / 3 - t, (x, y)).subs({big_p: 1, big_q: 1})
    definite = bool(form[0, 0] > 0 and form.det() > 0)
    what = "Φ − 1 = (s² − st + t²)/3 − t with s = Py + Qx, t = xy; its quadratic part is positive definite at P = Q = 1"
    return CheckResult("proved" if identity and definite else "refuted", "an instance", what)


@check("GALLERY.convolutional-one-hot")
def convolutional_one_hot() -> CheckResult:
    """Three samples of two classes."""
    return _examined("convolutional-one-hot")


@check("GALLERY.convolutional-and")
def convolutional_and() -> CheckResult:
    """AND of two bits, one-hot."""
    return _examined("convolutional-and")


@check("GALLERY.convolutional-six")
def convolutional_six() -> CheckResult:
    """Six samples: a minimum in S_1 below a convolution with three weights."""
    return _examined("convolutional-six")


@check("GALLERY.convolutional-sigmoids")
def convolutional_sigmoids() -> CheckResult:
    """Sigmoids only, below a convolution: a strict minimum in S_1."""
    return _examined("convolutional-sigmoids")


@check("GALLERY.trained-tanh")
def trained_tanh() -> CheckResult:
    """Three trained tanhs: a bad minimum."""
    return _examined("trained-tanh")


@check("GALLERY.trained-relu")
def trained_relu() -> CheckResult:
    """Two trained ReLUs: a bad minimum on a kink."""
    return _examined("trained-relu")


@check("GALLERY.xor-solved")
def xor_solved() -> CheckResult:
    """XOR by two sigmoids: zero loss beside the floats."""
    return _examined("xor-solved")


@check("GALLERY.kink")
def kink() -> CheckResult:
    """One ReLU on five points: the loss bends upwards at a kink."""
    return _examined("kink")


@check("GALLERY.safran-shamir-6")
def safran_shamir_6() -> CheckResult:
    """Six ReLUs that learn six, over all Gaussian inputs: a spurious strict minimum."""
    return _examined("safran-shamir-6")


@check("GALLERY.safran-shamir-7")
def safran_shamir_7() -> CheckResult:
    """Seven ReLUs that learn seven, over all Gaussian inputs: a spurious strict minimum."""
    return _examined("safran-shamir-7")


@check("GALLERY.affine-units")
def affine_units() -> CheckResult:
    """ReLUs that are on in every hidden layer, and a minimum above linear regression."""
    return _examined("affine-units")
