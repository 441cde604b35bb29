"""What holds of tasks, whatever people and executors do in whichever order."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from registry.core.errors import Conflict, Forbidden
from registry.execution import moving
from registry.execution.actions import ACTIONS, Chosen, act
from registry.execution.completing import complete
from registry.execution.leases import renew
from registry.execution.models import Attempt, AttemptState, RunRequest
from registry.execution.moving import Moved
from registry.execution.reports import Report
from registry.execution.scheduler import tick
from registry.execution.states import TRANSITIONS, TaskState
from registry.identity.models import User
from tests.execution.work import STEP, Place, check_all, new_place, one_task
from tests.factories import UserFactory

NUMBERS = st.integers(min_value=0, max_value=50)
NAMES = "abcd"


@st.composite
def graphs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return tasks that need some of those before them."""
    names = NAMES[: draw(st.integers(min_value=1, max_value=len(NAMES)))]
    tasks = []
    for at, name in enumerate(names):
        before = st.sampled_from(names[:at]) if at else st.nothing()
        needs = draw(st.lists(before, unique=True, max_size=2)) if at else []
        tasks.append(one_task(name, *needs))
    return tasks


class Work(RuleBasedStateMachine):
    """Several people and two executors at work on requests of one backend."""

    place: Place
    other: Place
    people: list[User]
    #: All changes of states since the last check.
    moves: ClassVar[list[Moved]] = []

    def __init__(self) -> None:
        super().__init__()
        self.attempts: list[Attempt] = []
        self.now: datetime = timezone.now()
        self.moves.clear()
        #: The tasks that the last step could move from any state.
        self.forced = False

    @initialize()
    def begin(self) -> None:
        self.place = new_place()
        grant = new_place()
        # another executor of the same backend
        self.other = Place(self.place.backend, grant.person, self._executor())
        self.people = [
            self.place.person,
            UserFactory(roles=["curator"]),
            self.place.backend.registered_by,
        ]

    def _executor(self) -> User:
        from registry.execution.models import GrantedUse
        from tests.execution.work import granted

        return granted(self.place.backend, GrantedUse.EXECUTE)

    @rule(
        tasks=graphs(),
        on_failed_need=st.sampled_from(["fail", "hold"]),
        jobs=st.integers(min_value=1, max_value=2),
        max_losses=st.integers(min_value=1, max_value=2),
        provenance=st.sampled_from(["each", "request"]),
    )
    def register(self, tasks: list[dict[str, Any]], **values: Any) -> None:
        if RunRequest.objects.count() < 3:
            self.place.ask(*tasks, **values)

    @rule(slots=st.integers(min_value=1, max_value=3), first=st.booleans())
    def claim(self, slots: int, first: bool) -> None:
        place = self.place if first else self.other
        given = place.claim(slots)
        assert len(given) <= slots
        self.attempts += given

    @precondition(lambda self: self.attempts)
    @rule(number=NUMBERS, stage=st.sampled_from(["preparing", "running"]))
    def heartbeat(self, number: int, stage: str) -> None:
        attempt = self._attempt(number)
        is_open = Attempt.objects.get(pk=attempt.pk).ended is None
        going, stopped = renew({attempt.lease: stage}, by=attempt.executor)
        assert len(going) == is_open
        assert len(stopped) == (not is_open)

    @precondition(lambda self: self.attempts)
    @rule(number=NUMBERS, outcome=st.sampled_from(["done", "failed", "returned"]))
    def report(self, number: int, outcome: str) -> None:
        """Report the end of an attempt, which can have ended long ago."""
        attempt = self._attempt(number)
        before = Attempt.objects.get(pk=attempt.pk)
        report = Report(lease=attempt.lease, outcome=AttemptState(outcome))
        if before.ended is not None and before.state != outcome:
            with pytest.raises(Conflict, match="too late"):
                complete(report, by=attempt.executor)
            return
        after = complete(report, by=attempt.executor)
        assert after.state == outcome
        if before.ended is not None:
            assert after.ended == before.ended

    @precondition(lambda self: self.attempts)
    @rule(number=NUMBERS)
    def report_as_another(self, number: int) -> None:
        """Report for a lease that somebody else has."""
        from registry.core.errors import InvalidInput

        attempt = self._attempt(number)
        report = Report(lease=attempt.lease, outcome=AttemptState.DONE)
        with pytest.raises(InvalidInput):
            complete(report, by=self.people[1])

    @precondition(lambda _: RunRequest.objects.exists())
    @rule(
        number=NUMBERS,
        name=st.sampled_from(sorted(ACTIONS)),
        who=st.integers(min_value=0, max_value=2),
        only=st.one_of(st.none(), st.sampled_from(NAMES)),
    )
    def direct(self, number: int, name: str, who: int, only: str | None) -> None:
        request = self._request(number)
        self.forced = name in {"hard_reset", "run_again"}
        act(request.pk, ACTIONS[name], Chosen(name=only), by=self.people[who])

    @precondition(lambda _: RunRequest.objects.exists())
    @rule(number=NUMBERS, name=st.sampled_from(sorted(ACTIONS)))
    def direct_as_a_stranger(self, number: int, name: str) -> None:
        with pytest.raises(Forbidden):
            act(self._request(number).pk, ACTIONS[name], by=self.other.executor)

    @rule(steps=st.integers(min_value=1, max_value=5))
    def pass_time(self, steps: int) -> None:
        """Let time pass, in which leases end that nobody renews."""
        for _ in range(steps):
            self.now += STEP
            tick(self.now)

    def _attempt(self, number: int) -> Attempt:
        return self.attempts[number % len(self.attempts)]

    def _request(self, number: int) -> RunRequest:
        found = RunRequest.objects.order_by("pk")
        return found[number % len(found)]

    @invariant()
    def everything_fits_together(self) -> None:
        check_all()

    @invariant()
    def tasks_went_where_they_may(self) -> None:
        for one in self.moves:
            allowed = TRANSITIONS[TaskState(one.before)]
            assert self.forced or one.to in allowed, one
        self.moves.clear()
        self.forced = False


@pytest.mark.django_db
def test_whatever_is_done_the_work_fits_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = moving._note

    def count_and_remember(moved: Sequence[Moved]) -> None:
        Work.moves.extend(moved)
        count(moved)

    monkeypatch.setattr(moving, "_note", count_and_remember)

    class InTransaction(Work):
        """Each example begins with an empty database."""

        def __init__(self) -> None:
            super().__init__()
            self._outer = transaction.atomic()
            self._outer.__enter__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self._outer.__exit__(None, None, None)

    with (
        tempfile.TemporaryDirectory() as folder,
        override_settings(STORE_DIR=Path(folder) / "store"),
    ):
        run_state_machine_as_test(
            InTransaction,
            settings=settings(
                max_examples=25,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


def test_time_passes_more_slowly_than_an_absence() -> None:
    from registry.execution.scheduler import AWAY

    assert timedelta(0) < STEP < AWAY
