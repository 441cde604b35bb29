"""Code runs with their code, inputs and outputs."""
