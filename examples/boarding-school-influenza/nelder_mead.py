"""The downhill simplex method: finds a minimum without derivatives.

J. A. Nelder and R. Mead, "A simplex method for function minimization", The Computer
Journal 7 (1965), 308-313, with their coefficients: reflection 1, expansion 2,
contraction 1/2 and shrinkage 1/2.
"""

import math
from collections.abc import Callable

Point = tuple[float, ...]
Function = Callable[[Point], float]


def minimise(
    function: Function, start: Point, tolerance: float, max_iterations: int
) -> Point:
    """Find where `function` is least, to within `tolerance` in every direction.

    Raises `ArithmeticError` where that takes more than `max_iterations`: a fit that
    has not converged must not be taken for a result.
    """
    simplex = sorted(first_simplex(start), key=function)
    for _ in range(max_iterations):
        if size(simplex) <= tolerance:
            return simplex[0]
        simplex = sorted(improved(simplex, function), key=function)
    raise ArithmeticError(f"no minimum found in {max_iterations} iterations")


def first_simplex(start: Point) -> list[Point]:
    """Return the start and, for each direction, a point a tenth further along."""
    moved = (
        (*start[:i], start[i] * 1.1 or 0.1, *start[i + 1 :]) for i in range(len(start))
    )
    return [start, *moved]


def size(simplex: list[Point]) -> float:
    """Measure how far any point is from the best one, along any direction."""
    best = simplex[0]
    return max(abs(x - b) for p in simplex for x, b in zip(p, best, strict=True))


def improved(simplex: list[Point], function: Function) -> list[Point]:
    """Move the worst point of a simplex (best first), or all but the best."""
    *others, worst = simplex
    values = [function(point) for point in simplex]
    centre = tuple(math.fsum(xs) / len(others) for xs in zip(*others, strict=True))
    reflected = towards(centre, worst, -1)
    value = function(reflected)
    if value < values[0]:
        expanded = towards(centre, worst, -2)
        return [*others, min(reflected, expanded, key=function)]
    if value < values[-2]:
        return [*others, reflected]
    # Contract on whichever side of the centre is lower.
    contracted = towards(centre, min(worst, reflected, key=function), 0.5)
    if function(contracted) < min(value, values[-1]):
        return [*others, contracted]
    return [simplex[0], *(towards(simplex[0], point, 0.5) for point in simplex[1:])]


def towards(origin: Point, target: Point, share: float) -> Point:
    """Return the point at `share` of the way to `target`; below 0 it is away."""
    pairs = zip(origin, target, strict=True)
    return tuple(o + share * (t - o) for o, t in pairs)
