"""The structural bound: rows and columns of U that contain all its non-zero entries (Koenig's theorem)."""

from __future__ import annotations

from typing import Any

import numpy as np

from exactcnn.patches.evidence import Cover
from exactcnn.patches.graph import PADDING, PatchGraph

MAX_EDGES = 50_000  # some seconds


def cover(graph: PatchGraph, filters: int) -> Cover | None:
    """Fewest lines of U, neurons and patches with all their filters, that contain its non-zero entries.

    A minimum cut: source -- patch (T), patch -- neuron (no limit), neuron -- sink (1). None beyond `MAX_EDGES`
    entries.

    References
    ----------
    Koenig, Graphs and matrices, 1931: the fewest lines are the largest rank that the zero pattern allows.

    Examples
    --------
    Four neurons are all that the first three patches see; 2 filters on the last patch add 2.

    >>> graph = PatchGraph.from_patches(7, [[0, 1, 2], [1, 2, 3], [0, 2, 3], [4, 5, 6]])
    >>> cover(graph, 2)
    Cover(neurons=(0, 1, 2, 3), patches=(3,))
    """
    import networkx as nx
    from networkx.algorithms.flow import shortest_augmenting_path  # a third of the time of preflow_push, the default

    patches, slots = np.nonzero(graph.slots != PADDING)
    if len(patches) > MAX_EDGES:
        return None
    neurons = graph.slots[patches, slots]
    flow: nx.DiGraph[Any] = nx.DiGraph()
    flow.add_nodes_from(("source", "sink"))
    ends = zip(patches.tolist(), neurons.tolist(), strict=True)
    flow.add_edges_from((("patch", p), ("neuron", j)) for p, j in ends)
    flow.add_edges_from(("source", ("patch", p), {"capacity": filters}) for p in set(patches.tolist()))
    flow.add_edges_from((("neuron", j), "sink", {"capacity": 1}) for j in set(neurons.tolist()))
    _, (near, _) = nx.minimum_cut(flow, "source", "sink", flow_func=shortest_augmenting_path)
    return Cover(
        neurons=tuple(j for j in np.unique(neurons).tolist() if ("neuron", j) in near),
        patches=tuple(p for p in np.unique(patches).tolist() if ("patch", p) not in near),
    )
