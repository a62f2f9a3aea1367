"""A second client of sync, written from sync/PROTOCOL.md alone: the standard library and httpx, nothing of ours.

It lives in memory, so what the text asks to be "on the disk" is not; it knows no load files, keys, wipes, tokens,
numbers and attachments. Section numbers are those of the text.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

Row = dict[str, Any]
AGAIN, LONGEST_SECONDS, PATIENCE_SECONDS = (408, 429, 502, 503, 504), 10.0, 30.0
VERSION = 1  # 16: of the schema that this was built for
LEAVES_AT_ONCE = ("inbox", "waiting", "parked")


class Refused(Exception):
    def __init__(self, status: int, told: Row) -> None:
        super().__init__(f"{status} {told.get('code')}")
        self.status, self.code, self.field = status, told.get("code"), told.get("field")


def pause_of(status: int, attempt: int, retry_after: str | None, jitter: float) -> float | None:
    """1.4: seconds until the next attempt; None: give up. `jitter` in 0.5 … 1.5."""
    if status not in AGAIN:
        return None
    asked = float(retry_after) if retry_after is not None and retry_after.isdigit() else 0.0
    return None if asked > PATIENCE_SECONDS else max(min(0.2 * 2**attempt * jitter, LONGEST_SECONDS), asked)


def parse(body: bytes) -> tuple[Row, list[tuple[str, str, list[str], list[str]]]]:
    """3.2: the header, and (collection, mode, removes, puts). Raises ValueError for a cut answer."""
    head, *lines = body.decode().split("\n")
    header, sections, at = json.loads(head), [], 0
    lines = [] if lines == [""] else lines
    for told in header["sections"]:
        middle, end = at + told["removes"], at + told["removes"] + told["puts"]
        sections.append((told["name"], told["mode"], lines[at:middle], lines[middle:end]))
        at = end
    if len(lines) != at or any(not text.endswith("}") for part in sections for text in part[3]):
        raise ValueError("cut")
    return header, sections


def digest(text: str) -> int:
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[:8], "big")


def mixed(texts: Any) -> str:
    found = 0
    for text in texts:
        found ^= digest(text)
    return f"{found:016x}"


def bucket_of(row_id: str) -> int:
    return int(row_id[-3:], 16) % 1024


def follows(cursor: str) -> str:
    return hashlib.sha256(cursor.encode()).hexdigest()[:16]


def uuid7() -> str:
    value = int(time.time() * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    return str(uuid.UUID(int=value & ~(0xF << 76) & ~(3 << 62) | 7 << 76 | 2 << 62))


def shown_after(row: Row | None, m: Row, member_id: str | None) -> Row | None:
    """5.2: the row after the mutation's effect."""
    kind, sent, at = m["effect"], m["arguments"], m["madeAt"]
    if kind == "create":
        own = {name: value for name, value in sent.items() if name not in m.get("children", {})}
        return row or {**made(sent["id"], at, member_id), **m.get("sets", {}), **own}
    if row is None or kind == "none":
        return row
    if kind in ("archive", "restore"):
        return {**row, "archivedAt": (row.get("archivedAt") or at) if kind == "archive" else None}
    changed = m.get("sets", {}) if kind == "transition" else {k: v for k, v in sent.items() if k != "id"}
    if isinstance(changed.get("custom"), dict):
        both = {**(row.get("custom") or {}), **changed["custom"]}
        changed = {**changed, "custom": {key: value for key, value in both.items() if value is not None}}
    return {**row, **changed, "updatedAt": at}


def added(rows: dict[str, Row], m: Row, there: Callable[[str, str], bool], member_id: str | None) -> dict[str, Row]:
    """5.2: what a creation adds to rows of another collection, until the base has what it made."""
    adds, found = m["adds"], dict[str, Row]()
    place = m["children"][adds["of"]]["collection"] if adds["of"] else m["collection"]
    for item in m["arguments"].get(adds["of"], []) if adds["of"] else [m["arguments"]]:
        if there(place, item["id"]):
            continue
        given = {**m["arguments"], **item}
        match = {name: given.get(name) for name in adds["match"]}
        same = [row for row in {**rows, **found}.values() if all(row.get(k) == v for k, v in match.items())]
        row = same[0] if same else {**made(item["id"], m["madeAt"], member_id), **match}
        number = Decimal(row.get(adds["number"], "0")) + Decimal(given[adds["plus"]])
        number = (number - Decimal(given[adds["minus"]]) if adds["minus"] else number).normalize()
        sets = {name: given.get(argument) for name, argument in adds["sets"].items()}
        found[row["id"]] = {**row, adds["number"]: f"{number:f}", **sets}
    return found


def made(row_id: str, at: str, member_id: str | None) -> Row:
    who = {"createdById": member_id, "ownerId": member_id, "archivedAt": None}
    return {"id": row_id, "version": 0, "createdAt": at, "updatedAt": at, **who}


def base_of(known: Row, seen: Row, under: Row | None, sent: Row) -> tuple[Row, Row]:
    """4.3: `base` and `serverBase`."""
    if not known["merges"]:
        if known["effect"] == "archive":
            return {name: under[name] for name in ("version", "updatedAt") if name in under} if under else {}, {}
        return {n: seen.get(n) for n in known["sets"]} if seen and known["effect"] == "transition" else {}, {}
    base, below = Row(), Row()
    for name in sent.keys() - {"id", "version"}:
        mine, theirs = seen.get(name), (under or {}).get(name)
        if keyed := name == "custom" and isinstance(sent[name], dict):
            mine, theirs = ({key: (of or {}).get(key) for key in sent[name]} for of in (mine, theirs))
        base[name] = mine
        if under is not None and mine != theirs:
            below[name] = {k: v for k, v in theirs.items() if v != mine[k]} if keyed else theirs
    return base, below


class Stranger:
    def __init__(self, url: str, token: str, *, sleep: Callable[[float], None] = time.sleep, rows: int = 1_000) -> None:
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        self.sleep, self.page_rows, self.device_id = sleep, rows, uuid7()
        self.origin_id: str | None = None
        self.member_id: str | None = None
        self.schema: Row = {}
        self.next_n: int | None = None
        self.cursor: str | None = None
        self.base: dict[str, dict[str, str]] = {}
        self.staged: dict[str, dict[str, str | None]] = {}
        self.replacing: set[str] = set()
        self.queue: list[Row] = []  # mutations with `outcome` and `contained`
        self.barrier: tuple[str | None, int] = (None, 0)
        self.compare = False

    def send(self, path: str, body: Row) -> bytes:
        for attempt in range(5):
            answer = self.http.post(path, json=body)
            if answer.status_code == 200:
                return answer.content
            again = pause_of(
                answer.status_code,
                attempt,
                answer.headers.get("retry-after"),
                random.uniform(0.5, 1.5),
            )
            if again is None or attempt == 4:
                break
            self.sleep(again)
        raise Refused(answer.status_code, answer.json())

    def register(self, name: str) -> None:
        told = {"deviceId": self.device_id, "name": name, "platform": "stranger", "schemaVersion": VERSION}
        told |= {k: v for k, v in (("memberId", self.member_id), ("originId", self.origin_id)) if v}
        answer = json.loads(self.send("/sync/v1/devices", told))
        self.schema, self.member_id, self.name = answer["schema"], answer["memberId"], name
        self.next_n = self.next_n or answer["lastMutation"] + 1

    # 3: pull

    def pull(self, **wanted: Any) -> Row:
        """Until the page that completes an instant; its header."""
        while True:
            queued = sum(m["outcome"] is None for m in self.queue)
            asked: Row = {"deviceId": self.device_id, "cursor": self.cursor, "limit": self.page_rows, **wanted}
            asked["schemaVersion"] = VERSION
            clock, upto = self.barrier
            asked |= {"queued": queued, "schema": self.schema.get("hash")} | ({"atLeast": clock} if clock else {})
            try:
                header, sections = parse(self.send("/sync/v1/pull", asked))
            except ValueError:
                continue
            except Refused as refused:
                if refused.code == "CURSOR_INVALID" and self.cursor:
                    self.cursor = None
                elif refused.code == "BARRIER_INVALID" and clock:
                    self.barrier, self.compare = (None, 0), True
                else:
                    raise
                continue
            wanted.pop("reload", None)
            self.compare |= header["rebase"] and (asked["cursor"] is not None or bool(self.queue))
            self.keep(header, sections, upto)
            if not header["more"]:
                return header

    def keep(self, header: Row, sections: Any, upto: int) -> None:
        """3.3: stages a page; the last one is shown, and contains the mutations up to `upto`."""
        if header.get("described"):
            self.schema = header["described"]
        if header["rebase"]:
            self.staged, self.replacing = {}, {"*"}
        for name, mode, removes, puts in sections:
            if mode in ("replace", "drop"):
                self.staged[name] = {}
                self.replacing.add(name)
            part = self.staged.setdefault(name, {})
            part.update(dict.fromkeys(removes))
            part.update({text[7:43]: text for text in puts})
        self.cursor = header["cursor"]
        if header["more"]:
            return
        self.base = {n: t for n, t in self.base.items() if not self.replacing & {"*", n}}
        for name, part in self.staged.items():
            kept = {**self.base.get(name, {}), **part}
            self.base[name] = {row_id: text for row_id, text in kept.items() if text is not None}
        self.staged, self.replacing = {}, set()
        for m in self.queue:
            m["contained"] |= m["outcome"] is not None and m["n"] <= upto

    def hear(self, message: str | bytes) -> str | None:
        """8: what comes on the socket; returns what to say."""
        if isinstance(message, bytes):
            header, sections = parse(message)
            if self.cursor is not None and header.get("follows") == follows(self.cursor):
                self.keep(header, sections, 0)
                return None
        elif not json.loads(message).get("poke"):
            return None
        self.pull()
        return json.dumps({"cursor": self.cursor})

    def verify(self) -> list[str]:
        """3.5: the collections that differed; they are repaired."""
        told = self.pull(checksums=True)["checksums"]
        wrong = [name for name, sums in told.items() if sums != self.checksum(name)]
        for name in wrong:
            theirs = self.pull(buckets=name)["buckets"]
            for number, found in enumerate(theirs):
                of = len(theirs)
                have = {i: t for i, t in self.base.get(name, {}).items() if bucket_of(i) % of == number}
                if found != mixed(have.values()):
                    had = {row_id: f"{digest(text):016x}" for row_id, text in have.items()}
                    self.pull(repair={"collection": name, "bucket": number, "of": of, "have": had})
        return wrong

    def checksum(self, name: str) -> Row:
        texts = self.base.get(name, {}).values()
        return {"count": len(texts), "hash": mixed(texts)}

    # 4: push

    def mutate(self, command: str, arguments: Row, **wrong: Any) -> str | None:
        known = self.schema["commands"][command]
        if known["effect"] == "create" and "id" in known["fields"]:
            arguments = {"id": uuid7(), **arguments}
        row_id, place = arguments.get("id"), known["collection"]
        seen = self.rows(place).get(row_id, {}) if place else {}
        under = json.loads(self.base.get(place, {}).get(row_id, "null")) if place else None
        base, below = base_of(known, seen, under, arguments)
        at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        wire = {"n": self.next_n, "uuid": str(uuid.uuid4()), "command": command, "arguments": arguments, "base": base}
        wire |= {"serverBase": below, "madeAt": at, "schema": self.schema["hash"], "schemaVersion": VERSION, **wrong}
        shows = {name: known[name] for name in ("collection", "effect", "sets", "children", "adds")}
        self.queue.append({**wire, **shows, "wire": wire, "outcome": None, "again": False, "contained": False})
        self.next_n = (self.next_n or 0) + 1
        return row_id

    def push(self) -> list[Row]:
        """4: sends what waits until nothing does, or the server stops it; the outcomes."""
        found: list[Row] = []
        skip: int | None = None
        while (batch := [m for m in self.queue if m["outcome"] is None or m["again"]][:200]) or skip or self.compare:
            answered = max((m["n"] for m in self.queue if m["outcome"]), default=0)
            offer: Row = {"deviceId": self.device_id, "schemaVersion": VERSION}
            offer["mutations"] = [{**m["wire"], "n": m["n"]} for m in batch]
            answer = json.loads(self.send("/sync/v1/push", offer | ({"skipTo": skip} if skip else {})))
            compared, self.compare, skip, last = self.compare, False, None, answer["lastMutation"]
            found += answer["outcomes"]
            told = {outcome["uuid"]: outcome for outcome in answer["outcomes"]}
            for m in self.queue:
                m["outcome"], m["again"] = told.get(m["uuid"], m["outcome"]), m["again"] and m["uuid"] not in told
                m["contained"] |= (m["outcome"] or {}).get("status") in LEAVES_AT_ONCE
            if last >= self.barrier[1]:
                self.barrier = (answer["clock"], last)
            code = (answer.get("stopped") or {}).get("code")
            for m in self.queue if compared or last < answered else ():
                m["again"] |= m["n"] <= last and m["uuid"] not in told
            if code == "MUTATION_GAP" or last < answered:  # 4.7: the server was restored
                behind = [m for m in self.queue if m["n"] > last]
                for m in behind:
                    m["outcome"], m["contained"] = None, False
                self.barrier = (None, last)
                first = behind[0]["n"] if behind else self.next_n or 1
                skip = first if first != last + 1 else None
            elif code == "DEVICE_FORKED":  # 2.2
                self.origin_id, self.device_id = self.device_id, uuid7()
                self.cursor, self.barrier = None, (None, 0)
                for n, m in enumerate(self.queue, 1):
                    m["n"], m["outcome"] = n, None
                self.next_n = len(self.queue) + 1
                self.register(self.name)
            elif code is not None:
                break
        return found

    # 5: what the member sees

    def rows(self, collection: str) -> dict[str, Row]:
        shown = {row_id: json.loads(text) for row_id, text in self.base.get(collection, {}).items()}
        for m in (m for m in self.queue if not m["contained"]):
            if m["collection"] == collection and (row_id := m["arguments"].get("id")):
                after = shown_after(shown.get(row_id), m, self.member_id)
                shown |= {row_id: after} if after is not None else {}
            for argument, child in m.get("children", {}).items():
                for item in m["arguments"].get(argument, []) if child["collection"] == collection else []:
                    row = {
                        **made(item["id"], m["madeAt"], self.member_id),
                        **item,
                        child["parent"]: m["arguments"]["id"],
                    }
                    shown.setdefault(item["id"], row)
            if (m.get("adds") or {}).get("collection") == collection:
                shown |= added(shown, m, lambda place, row_id: row_id in self.base.get(place, {}), self.member_id)
        return shown
