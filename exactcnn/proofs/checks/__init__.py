"""Checks of statements: each proves or refutes its statement for one instance, a teaching one unless another is given.

`recorder` holds what all of them share; `teaching` the small instances; the other modules follow the paper's sections.
The pages under `proofs/` name these functions, and `exactcnn.proofs.registry` runs them.
"""
