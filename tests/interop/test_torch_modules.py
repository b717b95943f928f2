"""Modules of PyTorch, where it is installed: features against its own forward pass, names, notes, and refusals."""

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.interop.torch_modules import from_torch
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance

torch = pytest.importorskip("torch")
nn = torch.nn


def exact_and_own(module, shape, *, given=True, samples=3):
    """Exact outputs in PyTorch's order, its float64 outputs, and the model."""
    torch.manual_seed(0)
    model = from_torch(module, input_shape=shape if given else None)
    inputs = torch.randint(-4, 5, (samples, *shape))
    instance, count = Instance(model, inputs.numpy()), len(model.network.layers)
    features = FeatureMatrix(model.network, model.parameters, instance.samples, count)
    values = features.exact().floats()[0] if features.domain == "Q" else features.floats(np.dtype("float64"))
    last = model.network.layer(count)
    if len(last.shape) > 1 and last.layout == "channels-last":
        channels, *sizes = last.shape
        values = np.moveaxis(values.reshape(samples, *sizes, channels), -1, 1).reshape(samples, -1)
    with torch.no_grad():
        own = module.double().eval()(inputs.double()).reshape(samples, -1).numpy()
    return values, own, model


class Net(nn.Module):
    """As people write it, with control flow that the data do not decide."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 3, 3, padding=1)
        self.bn = nn.BatchNorm2d(3)
        self.conv2 = nn.Conv2d(3, 4, 2, padding="same")
        self.fc1 = nn.Linear(64, 7)
        self.fc2 = nn.Linear(7, 2)
        self.bn.running_mean.normal_()
        self.bn.running_var.uniform_(0.5, 2)

    def forward(self, x):
        if x.shape[-1] != 8:
            raise ValueError(f"size {x.shape[-1]}")
        x = nn.functional.max_pool2d(torch.relu(self.bn(self.conv1(x))), 2)
        x = nn.functional.relu(self.conv2(x)).view(x.size(0), -1)
        x = nn.functional.dropout(nn.functional.hardtanh(self.fc1(x)), training=self.training)
        return self.fc2(x)


def test_a_module_as_people_write_it():
    values, own, model = exact_and_own(Net(), (1, 8, 8))
    assert np.allclose(values, own, rtol=1e-12, atol=1e-12)
    assert [name for name in model.network.names if "pool" not in name] == ["conv1", "conv2", "fc1", "fc2"]
    assert any("folded in float64 into conv1" in note for note in model.notes)
    assert any("Dropout" in note for note in model.notes)


CHAINS = [
    ((4,), lambda: nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2, bias=False))),
    (
        (2, 8),
        lambda: nn.Sequential(
            nn.Conv1d(2, 3, 2, padding=1, stride=2), nn.AvgPool1d(2, 1, 1), nn.Flatten(), nn.Linear(18, 2)
        ),
    ),
    (
        (2, 8),
        lambda: nn.Sequential(nn.Conv1d(2, 3, 2), nn.ELU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(3, 2)),
    ),
    ((2, 8), lambda: nn.Sequential(nn.Conv1d(2, 3, 2, dilation=3), nn.MaxPool1d(2, ceil_mode=True), nn.ReLU())),
    ((1, 5, 6), lambda: nn.Sequential(nn.Conv2d(1, 2, (2, 3), padding=(0, 1)), nn.AvgPool2d(3, 2, 1, ceil_mode=True))),
    (
        (1, 5, 6),
        lambda: nn.Sequential(nn.Conv2d(1, 2, 2), nn.AvgPool2d(2, 2, 1, ceil_mode=True, count_include_pad=False)),
    ),
    (
        (1, 5, 5),
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 2), nn.MaxPool2d(3, 2, 1, ceil_mode=True), nn.Flatten(), nn.Linear(18, 3)
        ),
    ),
    (
        (1, 3, 3, 3),
        lambda: nn.Sequential(nn.Conv3d(1, 2, 2), nn.ReLU(), nn.MaxPool3d(2), nn.Flatten(), nn.Linear(2, 1)),
    ),
]


@pytest.mark.parametrize(("shape", "make"), CHAINS, ids=str)
def test_chains(shape, make):
    values, own, _ = exact_and_own(make(), shape)
    assert values.shape == own.shape
    assert np.allclose(values, own, rtol=1e-12, atol=1e-12)


ACTIVATIONS = [
    *(
        "ReLU()",
        "ReLU6()",
        "LeakyReLU(0.1)",
        "PReLU()",
        "ELU(0.5)",
        "Sigmoid()",
        "Hardsigmoid()",
        "Tanh()",
        "Softplus()",
    ),
    *("Softplus(2)", "GELU()", "SiLU()", "Mish()", "Hardswish()", "Hardtanh(-0.5, 2.0)", "LogSigmoid()", "Identity()"),
]


@pytest.mark.parametrize("text", ACTIVATIONS)
def test_activations(text):
    values, own, model = exact_and_own(nn.Sequential(nn.Linear(4, 5), eval(f"nn.{text}")), (4,), given=False)
    assert np.allclose(values, own, rtol=1e-12, atol=1e-12)
    assert model.network.names == ("0",)


def test_the_module_is_not_changed():
    module = Net().train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    from_torch(module, input_shape=(1, 8, 8))
    assert module.training
    assert all((value == before[name]).all() for name, value in module.state_dict().items())


def test_softmax_is_cut_off():
    values, _, model = exact_and_own(nn.Sequential(nn.Linear(4, 3), nn.Softmax(1)), (4,))
    assert "the last Softmax is cut off" in model.notes[0]
    assert values.shape == (3, 3)


def test_the_threshold_of_softplus_is_noted_and_a_lower_one_refused():
    assert "beyond the threshold" in from_torch(nn.Sequential(nn.Linear(4, 3), nn.Softplus())).notes[0]
    with pytest.raises(InputError, match=r"softplus \(1\): threshold = 2.*; expected 20 or more"):
        from_torch(nn.Sequential(nn.Linear(4, 3), nn.Softplus(threshold=2)))


@pytest.mark.parametrize("type_", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_types(type_):
    module = nn.Linear(3, 2).to(type_)
    model = from_torch(nn.Sequential(module))
    expected = module.weight.detach().double().numpy().T
    assert (model.parameters.layer(1).weights.fractions() == expected).all()


class Residual(nn.Module):
    """No chain."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)

    def forward(self, x):
        return x + self.fc(x)


@pytest.mark.parametrize(
    ("module", "shape", "message"),
    [
        (lambda: nn.Sequential(nn.Conv1d(2, 4, 2, groups=2)), (2, 8), r"conv1d \(0\): groups = 2; expected 1"),
        (lambda: nn.Sequential(nn.LayerNorm(8)), (2, 8), r"layer_norm \(0\) is no operator that is read"),
        (lambda: nn.Sequential(nn.ReLU(), nn.BatchNorm1d(2)), (2, 8), r"relu \(0\): expected an activation directly"),
        (
            lambda: nn.Sequential(nn.Conv1d(2, 2, 2), nn.ReLU(), nn.BatchNorm1d(2)),
            (2, 8),
            "expected BatchNormalization",
        ),
        (lambda: nn.Sequential(nn.Linear(2, 2), nn.GELU("tanh")), (2,), "approximate = 'tanh'"),
        (lambda: nn.Sequential(nn.Linear(2, 2), nn.PReLU(2)), (2,), "2 slopes; expected one"),
        (
            lambda: nn.Sequential(nn.Conv1d(2, 2, 2, padding=1, padding_mode="circular")),
            (2, 8),
            "is no operator that is read",
        ),
        (lambda: Residual(), (3,), r"is read 2 times|reads"),
        (lambda: Net(), (1, 7, 7), "cannot be followed"),
        (lambda: nn.Sequential(nn.Conv2d(1, 1, 2)), None, "input_shape is missing"),
    ],
)
def test_what_is_refused(module, shape, message):
    with pytest.raises(InputError, match=message) as caught:
        from_torch(module(), input_shape=shape)
    assert "\n" not in str(caught.value)


def test_what_is_no_module():
    with pytest.raises(InputError, match=r"module is a dict; expected a torch\.nn\.Module"):
        from_torch({})
