"""The family of errors: one base, and bad input is a ValueError too."""

import inspect

import pytest

import exactcnn
from exactcnn import errors


def test_one_family():
    family = [each for _, each in inspect.getmembers(errors, inspect.isclass) if each.__module__ == errors.__name__]
    own = {errors.ExactCNNError, errors.InputError, errors.UnluckyModulus}
    assert set(family) == own | {errors.Remark, errors.Interrupted}
    assert {each for each in family if issubclass(each, errors.ExactCNNError)} == own
    assert issubclass(errors.Remark, UserWarning)
    assert issubclass(errors.Interrupted, SystemExit)  # and no Exception: what catches those lets it pass


def test_bad_input_is_a_value_error_an_unlucky_modulus_is_not():
    with pytest.raises(ValueError, match="is not known"):
        exactcnn.activation("sigmod")
    assert not issubclass(errors.UnluckyModulus, (errors.InputError, ValueError))


def test_public_errors_are_the_same_classes():
    assert (exactcnn.ExactCNNError, exactcnn.InputError) == (errors.ExactCNNError, errors.InputError)
