#!/bin/sh
# Submits the third run: counts and simulated course give the figure.
set -eu
exec "${PYTHON:-python3}" draw.py --data data/in-bed.csv \
    --simulated data/simulated.csv --output data/epidemic-curve.svg
