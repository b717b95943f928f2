"""The family of errors: one base, and bad input is a ValueError too."""

import inspect

import pytest

import exactcnn
from exactcnn import errors


def test_one_family():
    family = [each for _, each in inspect.getmembers(errors, inspect.isclass) if each.__module__ == errors.__name__]
    assert set(family) == {errors.ExactCNNError, errors.InputError, errors.UnluckyModulus, errors.Remark}
    assert all(issubclass(each, errors.ExactCNNError) != issubclass(each, UserWarning) for each in family)


def test_bad_input_is_a_value_error_an_unlucky_modulus_is_not():
    with pytest.raises(ValueError, match="is not known"):
        exactcnn.activation("sigmod")
    assert not issubclass(errors.UnluckyModulus, (errors.InputError, ValueError))


def test_public_errors_are_the_same_classes():
    assert (exactcnn.ExactCNNError, exactcnn.InputError) == (errors.ExactCNNError, errors.InputError)
