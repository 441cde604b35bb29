"""Attack a running registry while honest clients use it.

Run ``make attack``, or ``python -m attacks --help`` for other sizes. The types of
attackers are in ``attacks/attackers``: each opens many connections for some seconds,
while honest clients are measured. Single hostile requests are in ``attacks/scenarios``.
Everything is bounded, stays on this machine, and stops by itself. An attack fills the
registry with content: use one that you can throw away.
"""
