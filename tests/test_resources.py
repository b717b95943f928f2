"""Memory is asked about before it is taken."""

import os

import pytest

from exactcnn import resources
from exactcnn.errors import InputError


def test_half_of_the_memory_is_granted_and_one_byte_more_is_not(monkeypatch):
    monkeypatch.setattr(resources, "physical_memory", lambda: 64 * 2**30)
    resources.check_memory(32 * 2**30, what="data.npy")
    assert resources.fits_memory(32 * 2**30)
    assert not resources.fits_memory(32 * 2**30 + 1)
    with pytest.raises(InputError, match="half of what this machine has"):
        resources.check_memory(32 * 2**30 + 1, what="data.npy")


@pytest.mark.parametrize(
    ("needed", "said"), [(2**31, "2 GiB"), (5 * 2**28, "1.2 GiB"), (10 * 2**30, "10 GiB"), (2**44, "16384 GiB")]
)
def test_the_refusal_says_how_much(monkeypatch, needed, said):
    monkeypatch.setattr(resources, "physical_memory", lambda: 2**30)
    with pytest.raises(InputError) as refusal:
        resources.check_memory(needed, what="the images")
    assert str(refusal.value).startswith(f"the images would take {said} of memory; expected at most 0.5 GiB")


def test_the_memory_of_this_machine_is_read():
    assert resources.physical_memory() == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_a_system_that_does_not_tell_has_sixteen_gibibytes(monkeypatch):
    def unknown(name):
        raise ValueError(name)

    monkeypatch.setattr(os, "sysconf", unknown)
    assert resources.physical_memory() == 16 * 2**30
