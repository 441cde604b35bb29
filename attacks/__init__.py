"""Attacks on a registry that is served, and honest clients beside them.

``make attack``, or ``python -m attacks --help`` for other sizes. The kinds of attackers
are in ``attacks/attackers``: many connections of one kind for some seconds, while honest
clients are measured. What a single hostile request does is in ``attacks/scenarios``.
Everything is bounded, goes to this machine alone, and stops by itself. A registry that
is attacked is filled with content: use one that you can throw away.
"""
