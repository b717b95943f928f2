"""The kinds of layers, one module each; `exactcnn.checker.instance` has their table."""
