#!/bin/sh
# Submits the first run: the counts give the rates of the SIR model.
set -eu
exec "${PYTHON:-python3}" fit.py --data data/in-bed.csv \
    --config model-config.toml --output data/fitted-rates.json
