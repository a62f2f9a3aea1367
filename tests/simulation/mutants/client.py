"""Bugs in the replica on the device."""

from __future__ import annotations

from typing import Any

from sync.client import replica as replica_module
from sync.client.errors import Offline
from sync.client.replica import Replica
from sync.client.store import Queued, Store
from tests.simulation.mutants import Surgeon, mutant

_PAGES = ("app_dies_while_it_loads", "pull")


@mutant("edit_customer", "push")
def overlay_goes_with_the_answer(m: Surgeon) -> None:
    """An answered edit is hidden before the rows show it: the old value flickers back."""

    def around(acknowledge: Any) -> Any:
        def acknowledged(self: Store, outcomes: Any) -> None:
            acknowledge(self, outcomes)
            with self.transaction() as db:
                db.execute("UPDATE outbox SET settled = 1 WHERE outcome IS NOT NULL")

        return acknowledged

    m.wrap(Store, "acknowledge", around)


@mutant("edit_customer", "edit_customer_online")
def overlay_stays_for_ever(m: Surgeon) -> None:
    """My edits cover what others write after them."""

    def around(show: Any) -> Any:
        return lambda self, **_asked: show(self, acked_to=0)

    m.wrap(Store, "show_staged", around)


@mutant("edit_customer", "push")
def overlay_is_settled_by_what_was_answered_later(m: Surgeon) -> None:
    """A pull settles every answered edit, also one that was answered after its last page was asked for."""

    def around(show: Any) -> Any:
        def shown(self: Store, *, acked_to: int) -> None:
            show(self, acked_to=10**9)
            with self.transaction() as db:
                db.execute("UPDATE outbox SET settled = 1")

        return shown

    m.wrap(Store, "show_staged", around)


@mutant(*_PAGES)
def pages_are_shown_as_they_come(m: Surgeon) -> None:
    """Each page goes straight to the rows."""

    def around(keep: Any) -> Any:
        def kept(self: Store, page: Any, asked: Any) -> bool:
            found = bool(keep(self, page, asked))
            if found and page["more"]:
                with self.transaction() as db:
                    db.execute("DELETE FROM base WHERE (collection, id) IN (SELECT collection, id FROM staged)")
                    db.execute("INSERT INTO base SELECT collection, id, data FROM staged WHERE data IS NOT NULL")
            return found

        return kept

    m.wrap(Store, "keep", around)


@mutant(*_PAGES)
def cursor_is_kept_apart_from_its_page(m: Surgeon) -> None:
    """A page's cursor is on the disk before its rows: a kill in between loses the page."""

    def around(keep: Any) -> Any:
        def kept(self: Store, page: Any, asked: Any) -> bool:
            self.set(cursor=page["cursor"])
            now = self.standing()
            return bool(keep(self, page, now))

        return kept

    m.wrap(Store, "keep", around)


@mutant("change_scope", "change_masks", "pull")
def fresh_load_keeps_old_rows(m: Surgeon) -> None:
    """A load afresh adds to the rows instead of replacing them."""

    def around(show: Any) -> Any:
        def shown(self: Store, *, acked_to: int) -> None:
            self.set(loading=False)
            show(self, acked_to=acked_to)

        return shown

    m.wrap(Store, "show_staged", around)


@mutant("change_scope", "edit_customer", "pull")
def fresh_load_empties_the_queue(m: Surgeon) -> None:
    """A load afresh begins with an empty file, the queue included."""

    def around(stage: Any) -> Any:
        def staged(self: Store, page: Any) -> None:
            with self.transaction() as db:
                if page["rebase"]:
                    db.execute("DELETE FROM outbox")
                stage(self, page)

        return staged

    m.wrap(Store, "stage", around)


@mutant("change_scope", "edit_customer", "pull")
def queue_is_renumbered(m: Surgeon) -> None:
    """After a load afresh the queue counts anew."""

    def around(stage: Any) -> Any:
        def staged(self: Store, page: Any) -> None:
            with self.transaction() as db:
                stage(self, page)
                if page["rebase"]:
                    db.execute("UPDATE outbox SET n = n + 1000 WHERE outcome IS NULL")

        return staged

    m.wrap(Store, "stage", around)


@mutant("reassign_customer", "pull")
def removes_are_ignored(m: Surgeon) -> None:
    """What left stays on the device."""

    def around(stage: Any) -> Any:
        def staged(self: Store, page: Any) -> None:
            kept = {name: {**delta, "removes": []} for name, delta in page["collections"].items()}
            stage(self, {**page, "collections": kept})

        return staged

    m.wrap(Store, "stage", around)


@mutant("network_breaks_down")
def lost_answer_is_taken_for_applied(m: Surgeon) -> None:
    """No answer means that it went well."""

    def around(offer: Any) -> Any:
        def offered(self: Replica, device_id: str, batch: Any) -> Any:
            try:
                return offer(self, device_id, batch)
            except Offline:
                told = [{"n": q.n, "uuid": q.uuid, "status": "applied"} for q in batch]
                return {"outcomes": told, "lastMutation": batch[-1].n}

        return offered

    m.wrap(Replica, "_offer", around)


@mutant("sync", "create_customer")
def each_attempt_has_its_own_uuid(m: Surgeon) -> None:
    """A mutation that is sent again is another one."""

    def around(wire: Any) -> Any:
        def sent(self: Queued) -> dict[str, Any]:
            return {**wire(self), "uuid": str(replica_module.uuid4())}

        return sent

    m.wrap(Queued, "wire", around)


@mutant("sync", "create_customer")
def unanswered_is_forgotten(m: Surgeon) -> None:
    """Cleaning up does not look whether an answer came."""

    def forget(self: Store, made_at: str) -> None:
        with self.transaction() as db:
            db.execute("DELETE FROM outbox WHERE made_at > ''")

    m.put(Store, "forget_before", forget)


@mutant("register_again", "create_customer")
def registering_counts_anew(m: Surgeon) -> None:
    """To register again sets the number back to the server's, over what waits."""

    def around(register: Any) -> Any:
        def registered(self: Replica, name: str, platform: str = "python") -> str:
            with self._store.transaction() as db:
                db.execute("DELETE FROM meta WHERE key = 'next_n'")
            return str(register(self, name, platform))

        return registered

    m.wrap(Replica, "register", around)


@mutant("poison", "create_customer")
def refused_edits_go_on_showing(m: Surgeon) -> None:
    """What went to the inbox is still shown as done."""

    def around(acknowledge: Any) -> Any:
        def acknowledged(self: Store, outcomes: Any) -> None:
            acknowledge(self, outcomes)
            with self.transaction() as db:
                db.execute("UPDATE outbox SET settled = 0 WHERE outcome LIKE '%\"inbox\"%'")

        return acknowledged

    m.wrap(Store, "acknowledge", around)
