"""The kinds of layers, one module each; `exactcnn.network.layers` is their table."""
