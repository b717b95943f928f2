"""exactcnn."""
