"""Networks: activations, layers, parameters and features F_k (Definitions 2.1 to 2.3)."""
