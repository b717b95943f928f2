"""What a command is about: specifications and models, with files beside them."""

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.subjects import read_subject
from tests.interop.test_model_files import write_model

pytest.importorskip("onnx")


@pytest.fixture
def files(tmp_path):
    return lambda: write_model(tmp_path)


def labels_for(model, values=(0, 1) * 4):
    place = model.with_name("labels.npy")
    np.save(place, np.array(values))
    return place


def test_a_model_with_samples_and_labels(files):
    model, data = files()
    labels = labels_for(model)
    subject = read_subject(model, data=data, labels=labels)
    instance = subject.everything()
    assert (subject.files, subject.network.names) == ((model, data, labels), ("conv1", "e"))
    assert instance.targets.fractions().tolist() == [[1, 0], [0, 1]] * 4
    assert (instance.count, len(instance.notes), instance.parameters.layer(2).weights.shape) == (8, 1, (64, 2))
    np.save(model.with_name("targets.npy"), np.arange(16).reshape(8, 2))
    rows = read_subject(model, data=data, targets=model.with_name("targets.npy")).load(None)
    assert rows.targets.fractions().tolist()[7] == [14, 15]
    assert read_subject(model).everything().samples is None


def test_layers_as_the_user_writes_them(files):
    subject = read_subject(files()[0])
    assert [subject.layer(text) for text in (None, "2", "-1", "conv1", "all")] == [None, 2, -1, "conv1", "all"]


def test_what_does_not_fit(files):
    model, data = files()
    labels = labels_for(model)
    with pytest.raises(InputError, match="--targets and --labels; expected one"):
        read_subject(model, data=data, labels=labels, targets=labels)
    with pytest.raises(InputError, match="without --data"):
        read_subject(model, labels=labels)
    with pytest.raises(InputError, match=r"labels\[1\] = 2; expected a class from 0 to 1"):
        read_subject(model, data=data, labels=labels_for(model, [0, 2] * 4))
    with pytest.raises(InputError, match=r"labels.npy has 2 labels for 8 samples; expected one for each"):
        read_subject(model, data=data, labels=labels_for(model, [0, 1]))
    for name in ("data", "targets", "labels"):
        with pytest.raises(InputError, match=f"--{name} x.npy beside a specification"):
            read_subject("docs/examples/digits.toml", **{name: "x.npy"})
