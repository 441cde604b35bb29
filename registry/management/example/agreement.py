"""What the example agrees on: its model, its study, and the template of a fit."""

from __future__ import annotations

from typing import Any

#: The model that the example's code is a version of.
MODEL = {
    "name": "SIR model of an outbreak",
    "description": "People are susceptible, infected or recovered; two rates say how "
    "fast they move on (Kermack and McKendrick, 1927).",
}
STUDY = {
    "title": "How contagious was the influenza in the boarding school?",
    "description": "The two rates of an SIR model that fits the boys in bed, and the "
    "basic reproduction number that they give.",
}
#: Who counted the boys, as an organisation of its own.
ORGANISATION = {"name": "Communicable Disease Surveillance Centre"}

COUNTS_TEMPLATE: dict[str, Any] = {
    "name": "Daily counts of an outbreak",
    "description": "How many people are ill on each day: a table with the columns day, "
    "date and in_bed.",
    "deferred_resources": [
        {
            "key": "counts",
            "description": "The table of counts, as CSV",
            "usage_type": "FORCING_DATA",
        },
    ],
}
RATES_TEMPLATE: dict[str, Any] = {
    "name": "Fitted rates of an SIR model",
    "description": "The rates beta and gamma, R0, and the sum of squares of the fit.",
    "deferred_resources": [
        {
            "key": "rates",
            "description": "The rates with their units, as JSON",
            "usage_type": "GENERAL_DATA",
        },
    ],
}
WORKFLOW_TEMPLATE: dict[str, Any] = {
    "name": "Fit of an SIR model to the counts of an outbreak",
    "description": "Finds the two rates with which the model is nearest to the counts, "
    "by least squares.",
    "required_annotations": ["R0", "method"],
    "optional_annotations": ["residual_sum_of_squares"],
}
METHOD = "least squares, by the simplex of Nelder and Mead"
