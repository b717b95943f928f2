"""A short training run with torch: squared loss, Adam, a decaying rate, in float32; what comes out is taken exactly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.interop.runtimes import Torch, torch_forward
from exactcnn.network.as_given import AsGiven
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.resources import Progress

BATCH = 25
RATE, LAST_RATE = 1e-2, 1e-4


def require_torch() -> Any:
    """Return the package torch.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import torch
    except ImportError:
        raise InputError("training needs the package torch; try: pip install 'exactcnn[torch]'") from None
    return torch


def trained(
    network: Network,
    parameters: Parameters,
    samples: ExactArray,
    targets: ExactArray,
    *,
    epochs: int,
    seed: int = 0,
    progress: Progress | None = None,
) -> Parameters:
    """Train from given parameters, and take the weights as the float32 that they are.

    Parameters
    ----------
    network : Network
        With activations that torch has.
    parameters : Parameters
        Of all layers; where training starts.
    samples : ExactArray (N, n_0)
    targets : ExactArray (N, n_L)
    epochs : int
        How often every sample is used, in batches of `BATCH`.
    seed : int
        Of the order of samples. Other versions of torch, and other machines, round differently.

    Raises
    ------
    InputError
        Without the package torch; for an activation that it has not; where training diverges.

    References
    ----------
    .. [1] D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015.
    """
    torch = require_torch()
    library, given = Torch(torch, "float32", "cpu"), AsGiven(network, parameters)
    tensors = library.tensors(parameters, len(network.layers))
    weights = [tensor.requires_grad_() for own in tensors for tensor in own]
    inputs, wanted = library.tensor(samples), library.tensor(targets)
    optimizer = torch.optim.Adam(weights, lr=RATE)
    decay = torch.optim.lr_scheduler.ExponentialLR(optimizer, (LAST_RATE / RATE) ** (1 / max(epochs, 1)))
    order = np.random.default_rng(seed)
    for epoch in range(epochs):
        if progress is not None:
            progress("training, epochs", epoch, epochs)
        for batch in np.array_split(order.permutation(len(inputs)), math.ceil(len(inputs) / BATCH)):
            chosen = library.index(batch)
            outputs = torch_forward(library, given, tensors, inputs[chosen])
            if outputs is None:
                raise InputError("torch has no activation as one of this network; expected such as sigmoid, or relu")
            optimizer.zero_grad()
            loss = (outputs - wanted[chosen]).square().sum() / (2 * len(batch))
            loss.backward()
            optimizer.step()
        decay.step()
    if not all(bool(torch.isfinite(tensor).all()) for tensor in weights):
        raise InputError("training has diverged: weights that are not finite; expected another seed, or fewer epochs")
    names = (f"{letter}{layer.number}" for layer in network.resolved for letter in layer.parameter_shapes)
    return Parameters.from_arrays(network, dict(zip(names, (each.detach().numpy() for each in weights), strict=True)))
