"""Finding records by what they are called."""
