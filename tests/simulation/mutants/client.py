"""Bugs in the replica on the device."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sync.client import queueing
from sync.client.errors import Offline
from sync.client.loading import FirstLoad
from sync.client.numbers import Numbers
from sync.client.outbox import Outbox, Queued
from sync.client.pushing import PUSH
from sync.client.replica import Replica
from sync.client.shelf import Shelf
from sync.client.store import Store
from sync.client.transport import Transport
from tests.simulation.mutants import Surgeon, mutant

_QUEUEING: Any = queueing  # where a run puts its own ids
_PAGES = ("app_dies_while_it_loads", "app_dies_while_it_keeps_a_page", "pull")


@mutant("edit_customer", "push")
def overlay_goes_with_the_answer(m: Surgeon) -> None:
    """An answered edit is hidden before the rows show it: the old value flickers back."""

    def around(acknowledge: Any) -> Any:
        def acknowledged(self: Outbox, answer: Any, asked_as: str) -> None:
            acknowledge(self, answer, asked_as)
            with self._file.transaction() as db:
                db.execute("UPDATE outbox SET settled = 1 WHERE outcome IS NOT NULL")

        return acknowledged

    m.wrap(Outbox, "acknowledge", around)


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
            if found and page.more:
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
            self.set(cursor=page.cursor)
            now = self.standing()
            return bool(keep(self, page, now))

        return kept

    m.wrap(Store, "keep", around)


@mutant("change_scope", "change_masks", "pull")
def fresh_load_keeps_old_rows(m: Surgeon) -> None:
    """A load afresh adds to the rows instead of replacing them."""

    def around(show: Any) -> Any:
        def shown(self: Store, *, acked_to: int) -> None:
            self.set(replacing=[])
            show(self, acked_to=acked_to)

        return shown

    m.wrap(Store, "show_staged", around)


@mutant("change_scope", "edit_customer", "pull")
def fresh_load_empties_the_queue(m: Surgeon) -> None:
    """A load afresh begins with an empty file, the queue included."""

    def around(stage: Any) -> Any:
        def staged(self: Store, page: Any) -> None:
            with self.transaction() as db:
                if page.rebase:
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
                if page.rebase:
                    db.execute("UPDATE outbox SET n = n + 1000 WHERE outcome IS NULL")

        return staged

    m.wrap(Store, "stage", around)


@mutant("reassign_customer", "pull")
def removes_are_ignored(m: Surgeon) -> None:
    """What left stays on the device."""

    def around(stage: Any) -> Any:
        def staged(self: Store, page: Any) -> None:
            stage(self, replace(page, sections=[replace(part, removes=[]) for part in page.sections]))

        return staged

    m.wrap(Store, "stage", around)


@mutant("network_breaks_down")
def lost_answer_is_taken_for_applied(m: Surgeon) -> None:
    """No answer means that it went well."""

    def around(post: Any) -> Any:
        def posted(self: Transport, path: str, body: dict[str, Any]) -> Any:
            try:
                return post(self, path, body)
            except Offline:
                batch = body["mutations"] if path == PUSH else ()
                if not batch:
                    raise
                told = [{"n": sent["n"], "uuid": sent["uuid"], "status": "applied"} for sent in batch]
                return {"outcomes": told, "lastMutation": batch[-1]["n"], "clock": None}

        return posted

    m.wrap(Transport, "post", around)


@mutant("sync", "create_customer")
def each_attempt_has_its_own_uuid(m: Surgeon) -> None:
    """A mutation that is sent again is another one."""

    def around(wire: Any) -> Any:
        def sent(self: Queued) -> dict[str, Any]:
            return {**wire(self), "uuid": str(_QUEUEING.uuid4())}

        return sent

    m.wrap(Queued, "wire", around)


@mutant("sync", "create_customer")
def unanswered_is_forgotten(m: Surgeon) -> None:
    """Cleaning up does not look whether an answer came."""

    def forget(self: Outbox, answered_at: str) -> None:
        with self._file.transaction() as db:
            db.execute("DELETE FROM outbox WHERE made_at > ''")

    m.put(Outbox, "forget_before", forget)


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
        def acknowledged(self: Outbox, answer: Any, asked_as: str) -> None:
            acknowledge(self, answer, asked_as)
            with self._file.transaction() as db:
                db.execute("UPDATE outbox SET settled = 0 WHERE outcome LIKE '%\"inbox\"%'")

        return acknowledged

    m.wrap(Outbox, "acknowledge", around)


@mutant("socket_opens", "pages_go_astray", "late_page_comes", "pull")
def pages_on_the_air_need_not_follow(m: Surgeon) -> None:
    """A page from the socket is kept wherever the device stands."""

    def keep_live(self: Replica, page: Any) -> bool:
        asked = self._registration.standing()
        return asked.cursor is not None and self._store.keep(page, replace(asked, acked_to=0))

    m.put(Replica, "keep_live", keep_live)


@mutant("pages_go_astray", "refused_customer", "decide_inbox", "sync")
def a_page_on_the_air_revives_what_was_decided(m: Surgeon) -> None:
    """After a page from the socket every answered mutation counts as not contained in the rows."""

    def around(keep_live: Any) -> Any:
        def kept(self: Replica, page: Any) -> bool:
            found = bool(keep_live(self, page))
            if found:
                self._store.set(contained=0)
            return found

        return kept

    m.wrap(Replica, "keep_live", around)


@mutant("poison", "refused_customer", "push")
def what_was_refused_vanishes(m: Surgeon) -> None:
    """An answer that filed something hides it, until a pull brings the entry."""
    m.put(Outbox, "kept_back", lambda _self: [])


@mutant("lease_numbers", "create_order", "number_is_spoilt")
def a_number_is_handed_out_twice(m: Surgeon) -> None:
    """How far a lease is handed out is not looked at."""
    m.put(Numbers, "_next_of", lambda _self, lease: int(lease["first"]))


@mutant("reload", "buy_device", "app_dies_while_it_loads")
def a_load_file_is_shown_before_its_delta(m: Surgeon) -> None:
    """The rows of a file, which are of an older instant, are shown as they come."""

    def around(imported: Any) -> Any:
        def shown(self: Store, file: Any, cursor: str) -> None:
            imported(self, file, cursor)
            self.show_staged(acked_to=0)

        return shown

    m.wrap(Store, "import_whole", around)


@mutant("reload", "buy_device", "app_dies_while_it_loads")
def a_cut_file_goes_on_a_byte_too_early(m: Surgeon) -> None:
    """What comes after a cut repeats a byte, and nobody looks at the hash."""

    def fetched(self: FirstLoad, shelf: Shelf, file: Any) -> Path:
        target, have = shelf.at(self._beside(file)), 0
        while have < file["bytes"]:
            with suppress(Offline), shelf.writing(target) as written:
                headers = {"Accept-Encoding": "identity", "Range": f"bytes={max(0, written.size - 1)}-"}
                with self._transport.stream(file["path"], headers) as answer:
                    for piece in answer.iter_raw():
                        written.write(piece)
            with shelf.writing(target) as written:
                have = written.size
        return target

    m.put(FirstLoad, "_fetched", fetched)


@mutant("sync", "reload", "verify")
def rows_are_kept_as_they_were_parsed(m: Surgeon) -> None:
    """A row's text is written anew by the device: the hashes of both sides differ."""

    def around(page: Any) -> Any:
        def parsed(self: Transport, path: str, body: Any) -> Any:
            found = page(self, path, body)
            texts = [replace(part, puts=[_anew(text) for text in part.puts]) for part in found.sections]
            return replace(found, sections=texts)

        return parsed

    m.wrap(Transport, "_page", around)


def _anew(text: str) -> str:
    row = json.loads(text)
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).replace(":null", ": null")


@mutant("server_is_backed_up", "server_is_restored", "edit_customer", "sync", "create_customer")
def what_a_restore_lost_is_not_offered_again(m: Surgeon) -> None:
    """Answered is answered, whatever the server says."""
    m.put(Outbox, "unanswer_after", lambda _self, _last: None)


@mutant("copies_part_while_the_server_loses_time", "device_is_cloned", "create_customer")
def only_the_newest_answer_is_compared(m: Surgeon) -> None:
    """After a restore a copy looks at its last number alone, whatever other copies have taken before that."""

    def around(doubt: Any) -> Any:
        def doubted(self: Outbox, last: int, now: datetime) -> Any:
            found = doubt(self, last, now)
            with self._file.transaction() as db:
                db.execute(
                    "UPDATE outbox SET again = 0 WHERE outcome IS NOT NULL AND n < "
                    "(SELECT max(n) FROM outbox WHERE outcome IS NOT NULL AND n <= ?)",
                    (last,),
                )
            return found

        return doubted

    m.wrap(Outbox, "doubt", around)


@mutant("server_loses_what_it_answered", "sync")
def an_empty_queue_never_asks_where_the_server_stands(m: Surgeon) -> None:
    """A device that has nothing to send does not notice a restore."""

    def around(put: Any) -> Any:
        return lambda self, values: put(self, {name: v for name, v in values.items() if name != "compare"})

    m.wrap(Store, "put_meta", around)


@mutant("device_is_cloned", "create_customer", "edit_customer", "sync")
def a_copy_keeps_its_numbers(m: Surgeon) -> None:
    """A copy becomes a device of its own without numbering its queue anew."""

    def became(self: Outbox, device_id: str, origin_id: str, _now: datetime) -> None:
        with self._file.transaction():
            told = {"device_id": device_id, "origin_id": origin_id, "unannounced": True}
            self._file.put_meta({**told, "cursor": None, "barrier": (None, 0)})

    m.put(Outbox, "become_copy", became)


@mutant("device_is_cloned", "create_customer", "edit_customer", "sync")
def a_copy_makes_its_edits_again(m: Surgeon) -> None:
    """A copy offers its queue under new uuids."""

    def around(become: Any) -> Any:
        def became(self: Outbox, device_id: str, origin_id: str, now: datetime) -> None:
            become(self, device_id, origin_id, now)
            with self._file.transaction() as db:
                for (n,) in db.execute("SELECT n FROM outbox ORDER BY n").fetchall():
                    db.execute("UPDATE outbox SET uuid = ? WHERE n = ?", (str(_QUEUEING.uuid4()), n))

        return became

    m.wrap(Outbox, "become_copy", around)


@mutant("days_pass", "months_pass", "sync", "create_customer")
def answers_are_kept_from_when_edits_were_made(m: Surgeon) -> None:
    """Whoever was away for a month forgets what they did as soon as it is answered."""

    def around(acknowledge: Any) -> Any:
        def acknowledged(self: Outbox, answer: Any, asked_as: str) -> None:
            acknowledge(self, {**answer, "serverTime": None}, asked_as)

        return acknowledged

    m.wrap(Outbox, "acknowledge", around)
