"""The engine's queries: plain SQL, one module per noun; rows become values here and nowhere else."""
