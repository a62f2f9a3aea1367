"""What the client says: in the language that the app asked for, and of its own with a code and in both."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from sync.client import ArgumentRefused, FileDamaged, NotRegistered, Offline, Replica, ReplicaClosed, SyncRefused
from sync.client import errors as said
from sync.client.sentences import REFUSED
from tests.sync.attaching import pdf, sha256
from tests.sync.conftest import Doors, Network

CHINESE = re.compile("[\u4e00-\u9fff]")
OWN = {
    said.Offline: ("ConnectError on /sync/v1/push",),
    said.NotRegistered: (),
    said.ReplicaClosed: (),
    said.NotMended: (["customers"],),
    said.NoNumbersLeft: ("sales.order",),
    said.UnknownCommand: ("party.create_custommer", ["party.create_customer"]),
    said.UnknownCollection: ("custommers", ["customers"]),
    said.UnknownField: ("customers", "colour", ["name"]),
    said.ReplicaNewer: (5,),
    said.ReplicaEncrypted: (),
    said.KeyWrong: ("rep.db",),
    said.KeyWithheld: (),
    said.DeviceWiped: (3,),
    said.FileUnavailable: ("id",),
    said.FileDamaged: ("name",),
}


class Heard(Network):
    """Which languages were asked for, by path."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str | None]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.path, request.headers.get("accept-language")))
        return super().handle_request(request)


async def test_a_language_that_the_server_does_not_have_is_refused(doors: Doors) -> None:
    with pytest.raises(ArgumentRefused) as refused:
        await doors.device("li", "li", language="fr", registered=False)
    assert (refused.value.field, refused.value.code) == ("language", "LANGUAGE_UNKNOWN")
    assert "zh-CN, en" in refused.value.message_en


async def test_a_refusal_is_told_in_the_language_of_the_app(doors: Doors) -> None:
    told = {}
    for name, options in (("english", {"language": "en"}), ("chinese", {"language": "zh-CN"}), ("usual", {})):
        replica = await doors.device("li", name, registered=False, **options)
        replica.token = "nobody's"
        with pytest.raises(SyncRefused, match="NOT_SIGNED_IN") as refused:
            await asyncio.to_thread(replica.register, name)
        told[name] = refused.value.message
        assert bool(CHINESE.search(refused.value.remedy)) == (name != "english")
    assert not CHINESE.search(told["english"])
    assert CHINESE.search(told["chinese"])
    assert told["usual"] == told["chinese"]


async def test_every_request_names_the_language(doors: Doors) -> None:
    network = Heard()
    li = await doors.device("li", "li", language="en", transport=network)
    customer = li.mutate("party.create_customer", name="晨光")
    await asyncio.to_thread(li.sync)
    source, data = doors.folder / "a.pdf", pdf(1000)
    source.write_bytes(data)
    attached = li.attach(source, entity="party.Customer", row_id=customer)
    await asyncio.to_thread(li.sync)
    (doors.folder / "li.sqlite.files" / sha256(data)).unlink()
    assert (await asyncio.to_thread(li.download, attached)).read_bytes() == data
    doors_used = {"/".join(path.split("/")[:4]) for path, _ in network.asked}
    wanted = {"devices", "load", "pull", "push", "files"}
    assert {f"/sync/v1/{door}" for door in wanted} <= doors_used
    assert {language for _, language in network.asked} == {"en"}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_file_that_was_spoilt_is_told_of_in_the_language_of_the_app(doors: Doors, language: str) -> None:
    li = await doors.device("li", "li", language=language)
    customer = li.mutate("party.create_customer", name="晨光")
    source, data = doors.folder / "a.pdf", pdf(1000)
    source.write_bytes(data)
    li.attach(source, entity="party.Customer", row_id=customer)
    (doors.folder / "li.sqlite.files" / sha256(data)).write_bytes(b"!")
    await asyncio.to_thread(li.sync)
    [left] = li.uploads()
    assert left["code"] == FileDamaged.code
    assert bool(CHINESE.search(left["message"])) == (language == "zh-CN")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_file_that_the_server_refuses_is_told_of_in_the_language_of_the_app(
    doors: Doors, language: str
) -> None:
    li = await doors.device("li", "li", language=language)
    customer = li.mutate("party.create_customer", name="晨光")
    source = doors.folder / "a.pdf"
    source.write_bytes(b"this is no PDF")
    li.attach(source, entity="party.Customer", row_id=customer)
    await asyncio.to_thread(li.sync)
    [left] = li.uploads()
    assert left["code"] not in (None, FileDamaged.code)
    assert bool(CHINESE.search(left["message"])) == (language == "zh-CN")


def test_each_error_of_the_clients_has_a_code_and_both_languages() -> None:
    known = {
        kind
        for kind in vars(said).values()
        if isinstance(kind, type) and issubclass(kind, said.Told) and kind not in (said.Told, said.Unknown)
    }
    assert known == set(OWN)
    assert len({kind.code for kind in known}) == len(known)
    for kind, details in OWN.items():
        told = kind(*details, **({"confirmed": True} if kind is said.DeviceWiped else {}))
        for zh, en in ((told.message_zh, told.message_en), (told.remedy_zh, told.remedy_en)):
            assert CHINESE.search(zh), kind
            assert not CHINESE.search(en), kind
            assert zh[-1] in "。？", kind
            assert en[-1] in ".?", kind
        assert str(told).startswith(f"{told.code}: {told.message_en}")
    assert "party.create_customer" in said.UnknownCommand(*OWN[said.UnknownCommand]).remedy_zh
    for code, (zh, en) in REFUSED.items():
        assert CHINESE.search(zh), code
        assert not CHINESE.search(en), code


async def test_a_closed_replica_says_that_it_is_closed(doors: Doors) -> None:
    li = await doors.device("li", "li")
    source = doors.folder / "a.pdf"
    source.write_bytes(pdf(1000))
    li.close()
    li.close()
    for ask in everything(li, str(source)):
        with pytest.raises(ReplicaClosed):
            ask()
    assert not (doors.folder / "li.sqlite.files").exists()
    with pytest.raises(NotRegistered):
        Replica(doors.folder / "other.sqlite", doors.url, li.token).rows("customers")


async def test_who_is_offline_is_told_where(doors: Doors) -> None:
    network = Network()
    li = await doors.device("li", "li", transport=network)
    network.down = True
    with pytest.raises(Offline, match="ConnectError on /sync/v1/pull") as offline:
        li.sync()
    assert offline.value.code == "OFFLINE"


def everything(replica: Replica, source: str) -> list[Callable[[], object]]:
    """What an app may ask of a replica, with the least that each needs."""
    return [
        lambda: replica.rows("customers"),
        lambda: replica.row("customers", "x"),
        lambda: replica.mutate("party.create_customer", name="x"),
        lambda: replica.register("x"),
        replica.sync,
        replica.pull,
        replica.push,
        replica.pending,
        replica.inbox,
        replica.uploads,
        replica.checksums,
        replica.verify,
        replica.reload,
        replica.greeting,
        lambda: replica.cursor,
        lambda: replica.priming,
        lambda: replica.device_id,
        lambda: replica.lease("sales.order"),
        lambda: replica.next_number("sales.order"),
        lambda: replica.numbers_left("sales.order"),
        lambda: replica.attach(source, entity="party.Customer", row_id="x"),
        lambda: replica.download("x"),
        lambda: replica.resolve(str(UUID(int=0)), "mine"),
    ]
