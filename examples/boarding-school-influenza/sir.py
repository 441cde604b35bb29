"""The SIR model of an epidemic in a closed population, solved numerically.

The model is that of W. O. Kermack and A. G. McKendrick, "A contribution to the
mathematical theory of epidemics", Proceedings of the Royal Society of London A 115
(1927), 700-721, with rates that do not change in time:

    dS/dt = -beta S I / N        dI/dt = beta S I / N - gamma I        dR/dt = gamma I

People are counted (and are fractions of people, since the model is continuous), time
is in days and both rates are per day. The solution uses additions, multiplications
and divisions alone, which IEEE 754 rounds in one way only: every machine gets the
same digits.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple


class People(NamedTuple):
    """How many people are in each of the three states; they add up to N."""

    susceptible: float
    infected: float
    recovered: float

    def after(self, days: float, change: "People") -> "People":
        """Return the people after so many days of a constant `change` per day."""
        return People(*(n + days * dn for n, dn in zip(self, change, strict=True)))


class Rates(NamedTuple):
    """Transmission (`beta`) and recovery (`gamma`), both per day."""

    beta: float
    gamma: float

    @property
    def reproduction_number(self) -> float:
        """Return R0: how many one case infects where everybody is susceptible."""
        return self.beta / self.gamma


def change_per_day(people: People, rates: Rates) -> People:
    """Evaluate the right-hand side of the model's three equations."""
    infections = rates.beta * people.susceptible * people.infected / math.fsum(people)
    recoveries = rates.gamma * people.infected
    return People(-infections, infections - recoveries, recoveries)


def step(people: People, rates: Rates, days: float) -> People:
    """Take one step of the classical fourth-order Runge-Kutta method."""
    k1 = change_per_day(people, rates)
    k2 = change_per_day(people.after(days / 2, k1), rates)
    k3 = change_per_day(people.after(days / 2, k2), rates)
    k4 = change_per_day(people.after(days, k3), rates)
    slopes = zip(k1, k2, k3, k4, strict=True)
    mean = People(*((a + 2 * b + 2 * c + d) / 6 for a, b, c, d in slopes))
    return people.after(days, mean)


def simulate(
    start: People, rates: Rates, days: int, steps_per_day: int
) -> list[People]:
    """Return the people at every step from day 0 on, `days * steps_per_day + 1`."""
    states = [start]
    for _ in range(days * steps_per_day):
        states.append(step(states[-1], rates, 1 / steps_per_day))
    return states


def sum_of_squares(observed: Sequence[float], expected: Sequence[float]) -> float:
    """Add up the squared differences, without rounding on the way."""
    pairs = zip(observed, expected, strict=True)
    return math.fsum((o - e) * (o - e) for o, e in pairs)
