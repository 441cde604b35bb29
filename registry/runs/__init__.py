"""What was run: code runs with their code, inputs and outputs."""
