#!/bin/sh
# Submits the second run: the fitted rates give the course of the epidemic.
set -eu
exec "${PYTHON:-python3}" simulate.py --rates data/fitted-rates.json \
    --config model-config.toml --output data/simulated.csv
