"""Numbers in every form that the engines use: exact arrays, residues, balls."""
