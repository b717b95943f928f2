"""Patches of a layer, the maps M_k, and the generic rank of U_k (Section 2 of the paper)."""
