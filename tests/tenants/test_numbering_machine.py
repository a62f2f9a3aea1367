"""Leasing, using, voiding, closing, cloning in any order: every number given out is exactly one of used, voided and
outstanding, and none is on two documents."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from itertools import count, pairwise, product
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tenants import numbering_series
from tenants.numbering import close_leases_of, declare_series
from tenants.numbering_entities import NumberLease
from tenants.numbering_series import number_text
from tests.tenants.numbered import CREATE, add_device, evidence, run_on
from tests.world import Company, World, seed
from values.errors import Refusal
from values.ids import new_id

_PREFIXES = ("".join(letters) for letters in product("ABCDEFGHIJKLMNOPQRSTUVWXYZ", repeat=4))
_REACHED = count()


class Numbers(RuleBasedStateMachine):
    """`told` is what must be true: value → used by which document, "spoiled", or why its lease was closed."""

    company: ClassVar[Company]
    loop: ClassVar[asyncio.AbstractEventLoop]
    people: ClassVar[tuple[str, ...]] = ("li", "li", "zhao")
    leases = Bundle("leases")

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def tried(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The answer, or the code of the refusal."""
        try:
            return self.wait(work)
        except Refusal as refusal:
            return refusal.code

    @initialize()
    def begin(self) -> None:
        self.prefix = next(_PREFIXES)
        self.key = f"tests.{self.prefix.lower()}"
        declare_series(self.key, "测试", "Test", self.prefix)
        self.devices = [self.wait(add_device(self.company, who)) for who in self.people]
        self.given: dict[UUID, tuple[int, int, int]] = {}  # lease → device, first, last
        self.leased_to: dict[UUID, UUID] = {}
        self.closed: dict[UUID, str] = {}
        self.told: dict[int, UUID | str] = {}
        self.last = 0

    def teardown(self) -> None:
        numbering_series._SERIES.pop(getattr(self, "key", ""), None)
        next(_REACHED)

    @rule(target=leases, device=st.sampled_from(range(3)), wanted=st.integers(1, 6))
    def lease(self, device: int, wanted: int) -> UUID | None:
        work = run_on(
            self.company,
            self.people[device],
            self.devices[device],
            "tenants.lease_numbers",
            series=self.key,
            count=wanted,
        )
        found = self.tried(work)
        held = [i for i, (of, _, _) in self.given.items() if of == device and i not in self.closed]
        if len(held) >= 2:
            assert found == "TOO_MANY_LEASES"
            return None
        assert isinstance(found, NumberLease), found
        assert (found.first, found.last) == (self.last + 1, self.last + wanted)
        self.last = found.last
        self.given[found.id] = (device, found.first, found.last)
        self.leased_to[found.id] = self.devices[device]
        return found.id

    @rule()
    def take_next(self) -> None:
        document = new_id()
        assert self._use(0, None, document) == number_text(self.prefix, self.last + 1)
        self.last += 1
        self.told[self.last] = document

    @rule(device=st.sampled_from(range(3)), lease=leases, beyond=st.integers(-1, 6))
    def use(self, device: int, lease: UUID | None, beyond: int) -> None:
        """Any number in or beside a lease, by its device, its clone or a colleague's."""
        value, document = self._value(lease, beyond), new_id()
        expected = self._expected(device, value)
        got = self._use(device, number_text(self.prefix, value), document)
        assert got == (number_text(self.prefix, value) if expected is None else expected)
        if expected is None:
            self._tell(value, document)

    @rule(device=st.sampled_from(range(3)), lease=leases, beyond=st.integers(-1, 6))
    def void(self, device: int, lease: UUID | None, beyond: int) -> None:
        value = self._value(lease, beyond)
        work = run_on(
            self.company,
            self.people[device],
            self.devices[device],
            "tenants.void_number",
            series=self.key,
            number=number_text(self.prefix, value),
            reason="填错",
        )
        got, expected = self.tried(work), self._expected(device, value, voiding=True)
        assert isinstance(got, str) == (expected is not None), got
        assert expected is None or got == expected
        if expected is None:
            self._tell(value, "spoiled")

    @rule(lease=leases)
    def close(self, lease: UUID | None) -> None:
        if lease is None:
            return
        got = self.tried(run_on(self.company, "admin", None, "tenants.close_lease", id=lease))
        if lease in self.closed:
            assert got == "LEASE_CLOSED"
        else:
            self._close(lease, "lost")

    @rule(device=st.sampled_from(range(3)), reason=st.sampled_from(["wiped", "forked", "revoked"]))
    def lose_device(self, device: int, reason: str) -> None:
        """Its leases close; the member goes on with another one, which brings the same queue."""
        held = [i for i, (of, _, _) in self.given.items() if of == device and i not in self.closed]
        self.wait(
            seed(
                self.company.app,
                self.company.tenant_id,
                lambda ctx: close_leases_of(ctx, self.devices[device], reason),
            )
        )
        for lease in held:
            self._close(lease, reason)
        self.devices[device] = self.wait(add_device(self.company, self.people[device]))

    @invariant()
    def every_number_is_one_of_three(self) -> None:
        if self.last == 0:
            return
        told = self.wait(evidence(self.company, self.key))
        used = [value for value, by in self.told.items() if isinstance(by, UUID)]
        assert told.unexplained == 0
        assert told.used + told.voided + told.outstanding == told.last == self.last
        assert (told.used, told.voided) == (len(used), len(self.told) - len(used))
        assert len({self.told[value] for value in used}) == len(used)
        ranges = sorted((lease.first, lease.last) for lease in told.leases)
        assert all(earlier[1] < later[0] for earlier, later in pairwise(ranges))
        for lease in told.leases:
            assert lease.closed_reason == self.closed.get(lease.id)
            assert lease.outstanding == 0 or lease.closed_reason is None

    def _use(self, device: int, number: str | None, document: UUID) -> str:
        values = {"series": self.key, "number": number, "id": document}
        found = self.tried(run_on(self.company, self.people[device], self.devices[device], CREATE, **values))
        return found if isinstance(found, str) else str(found.code)

    def _value(self, lease: UUID | None, beyond: int) -> int:
        return max(1, (self.given[lease][1] if lease is not None else self.last) + beyond)

    def _expected(self, device: int, value: int, *, voiding: bool = False) -> str | None:
        """The refusal's code; None: it is done."""
        lease = self._lease_of(value)
        if lease is None or self.people[self.given[lease][0]] != self.people[device]:
            return "NUMBER_NOT_LEASED"
        if voiding and self.leased_to[lease] != self.devices[device]:
            return "NUMBER_NOT_LEASED"
        by = self.told.get(value)
        if by is None or by in ("wiped", "forked"):
            return None
        return "NUMBER_TAKEN" if isinstance(by, UUID) else "NUMBER_VOIDED"

    def _lease_of(self, value: int) -> UUID | None:
        return next((i for i, (_, first, last) in self.given.items() if first <= value <= last), None)

    def _tell(self, value: int, by: UUID | str) -> None:
        self.told[value] = by
        lease = self._lease_of(value)
        assert lease is not None
        _, first, last = self.given[lease]
        if lease not in self.closed and all(n in self.told for n in range(first, last + 1)):
            self.closed[lease] = "used_up"

    def _close(self, lease: UUID, reason: str) -> None:
        self.closed[lease] = reason
        _, first, last = self.given[lease]
        for value in range(first, last + 1):
            self.told.setdefault(value, reason)


async def test_every_number_is_used_voided_or_outstanding(world: World) -> None:
    Numbers.company, Numbers.loop = world.yunfan, asyncio.get_running_loop()
    short = settings(
        max_examples=25,
        stateful_step_count=20,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    await asyncio.to_thread(run_state_machine_as_test, Numbers, settings=short)
    assert next(_REACHED) >= 25
