"""Records of model runs: read, checked against templates, registered, corrected."""
