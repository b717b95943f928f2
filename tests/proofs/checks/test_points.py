"""Claims about points of the gallery, as checks of Section 4 need them."""

from fractions import Fraction

from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks import points


def test_a_point_of_s_1():
    found = points.in_s(points.piece_of("convolutional-and").instance())
    assert found.problem == ""
    assert found.slopes is True
    assert [certificate.outcome.exit_code for certificate in found.certificates] == [0] * len(found.certificates)


def test_a_point_outside_says_what_fails():
    assert "F_1" in points.in_s(points.piece_of("constant-units").instance()).problem


def test_losses_of_a_point_and_of_a_better_one():
    (here, there), certificate = points.losses(points.piece_of("linear-cnn-3"))
    assert (here, there) == (Fraction(9, 8), Fraction(1, 2))
    assert certificate.outcome.exit_code == 0
    assert len(certificate.outcome.accepted) == 2


def test_the_better_point_as_an_instance():
    piece = points.piece_of("linear-cnn-3")
    assert points.objective_at(piece).loss() == Fraction(9, 8)
    better = points.at_better(piece)
    assert isinstance(better.parameters, Parameters)
    assert points.objective_at(piece, **piece.better).loss() == Fraction(1, 2)


def test_what_a_point_is():
    point, certificate = points.decided(points.piece_of("linear-cnn-4"))
    assert (point.status, point.loss[0]) == ("minimum", Fraction(1, 32))
    assert certificate.outcome.exit_code == 0


def test_a_check_without_an_end():
    found = points.undecided("too hard")
    assert (found.status, found.what, found.checked) == ("undecided", "too hard", None)
