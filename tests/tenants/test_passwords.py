import asyncio
import time

import pytest
from argon2 import PasswordHasher
from structlog.testing import capture_logs

from tenants.identity.passwords import (
    MAX_LENGTH,
    PasswordPolicy,
    PasswordUnusable,
    PasswordWorkers,
    PasswordWorkersBusy,
    hash_password,
    verify_password,
)

GOOD = "three herons cross the river"
HASH = hash_password(GOOD)


def codes(password: str, policy: PasswordPolicy | None = None, forbidden: tuple[str, ...] = ()) -> list[str]:
    return [violation.code for violation in (policy or PasswordPolicy()).violations(password, forbidden)]


@pytest.mark.parametrize("password", ["", "x" * (MAX_LENGTH + 1), "ﷺ" * 100, "lone \ud800 surrogate"])
def test_unusable_passwords_are_refused_and_never_verify(password: str) -> None:
    with pytest.raises(PasswordUnusable):
        hash_password(password)
    assert not verify_password(HASH, password).ok
    assert codes(password)


@pytest.mark.parametrize("password", ["three herons cross the River", GOOD + " ", "", "\0", "unusable"])
def test_wrong_passwords_do_not_verify(password: str) -> None:
    assert not verify_password(HASH, password).ok


def test_an_unusable_password_does_not_verify_against_its_stand_in() -> None:
    assert not verify_password(hash_password("unusable"), "x" * 300).ok


def test_unknown_user_and_damaged_hash_are_refused_and_cost_the_same_work() -> None:
    def fastest(stored: str | None, password: str = "wrong horse") -> float:
        times = []
        for _ in range(7):
            began = time.perf_counter()
            assert not verify_password(stored, password).ok
            times.append(time.perf_counter() - began)
        return min(times)

    known = fastest(HASH)
    assert fastest(None) > known * 0.6
    assert fastest(None, "x" * 300) > known * 0.6
    with capture_logs() as logs:
        assert fastest("$argon2id$damaged") > known * 0.6
        assert fastest("") > known * 0.6
    assert {entry["event"] for entry in logs} == {"identity.password_hash_unreadable"}
    assert "damaged" not in str(logs)


def test_hash_parameters_are_at_least_those_promised() -> None:
    assert HASH.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hash_password(GOOD) != HASH


def test_an_older_weaker_hash_verifies_and_asks_for_a_new_one() -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD)
    verdict = verify_password(weaker, GOOD)
    assert verdict.ok
    assert verdict.needs_rehash
    assert not verify_password(HASH, GOOD).needs_rehash
    assert not verify_password(weaker, "wrong").needs_rehash


def test_full_width_and_composed_spellings_are_the_same_password() -> None:
    assert verify_password(hash_password("Ｙｕｎ８ 蓝天 café"), "Yun8 蓝天 cafe\u0301").ok


@pytest.mark.parametrize(
    "password",
    [
        "1234567890", "0987654321", "123456123456", "a123456789", "5201314520", "woaini1314", "woaini1314!",
        "WoAiNi5201314",
        "qwer1234asdf", "1qaz2wsx3edc", "qwertyuiop", "password123", "P@ssw0rd2026", "aaaaaaaaaaaa", "abababababab",
        "xk7xk7xk7xk7", "Admin@123456", "yunfan2026!", "我爱你我爱你5201314", "!@#$%^&*()",
        "１２３４５６７８９０", "8888888888",
        "iloveyou1314", "zhongguo666888", "abcdefghijkl", "test1234test",
    ],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(password: str) -> None:
    assert "password_too_common" in codes(password)


@pytest.mark.parametrize("password", ["123456", "5201314", "woaini1314", "qwer1234", "a123456", "111111", "password"])
def test_the_favourites_are_refused_even_under_the_mildest_policy(password: str) -> None:
    assert "password_too_common" in codes(password, PasswordPolicy(min_length=8))


@pytest.mark.parametrize(
    ("password", "forbidden"),
    [
        ("kestrel-zhangwei-77", ("张伟",)),
        ("kestrel-张伟-77-山", ("张伟",)),
        ("Kestrel LiNa.Chen 4", ("lina.chen@example.com",)),
        ("moss 13800138000 fern", ("+8613800138000",)),
        ("moss 00138000 fern", ("+8613800138000",)),
        ("BlueHarbour trades", ("Blueharbour Ltd.",)),
        ("moss keeper07 fern", ("keeper07",)),
        ("moss 海港贸易 fern", ("海港贸易",)),
    ],
)
def test_a_password_with_what_others_know_of_the_person_is_refused(password: str, forbidden: tuple[str, ...]) -> None:
    assert codes(password) == []
    assert codes(password, forbidden=forbidden) == ["password_contains_identifier"]


def test_policy_asks_for_length_and_classes() -> None:
    assert codes("herons7!x") == ["password_too_short"]
    assert codes("three herons", PasswordPolicy(require_classes=3)) == ["password_too_few_classes"]
    assert codes("Three herons 7", PasswordPolicy(require_classes=4)) == []
    assert codes("herons cross", PasswordPolicy(min_length=14)) == ["password_too_short"]
    assert set(codes("aaaa")) == {"password_too_short", "password_too_common"}


@pytest.mark.parametrize(
    "password",
    [GOOD, "仓库门口那棵老槐树下", "  spaces at both ends  ", "🐟🐠🐡🦈🐙🦑🦐🦞🦀🐚", "vK9#tq2LmZx", "j7 " * 80 + "ok"],
)
def test_long_foreign_and_strange_passwords_are_welcome(password: str) -> None:
    assert codes(password, forbidden=("", "王", "li", "a@b.cn")) == []
    assert verify_password(hash_password(password), password).ok


@pytest.mark.parametrize(
    "wrong", [{"min_length": 7}, {"min_length": 65}, {"require_classes": 5}, {"history": -1}, {"max_age_days": 0}]
)
def test_a_policy_out_of_range_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        PasswordPolicy(**wrong)


def test_violations_speak_both_languages_without_the_password() -> None:
    for violation in PasswordPolicy(require_classes=4).violations("aaaa", ("aaaa",)):
        assert "aaaa" not in violation.zh + violation.en
        assert violation.en.startswith("To set a password you must")
        assert any("\u4e00" <= char <= "\u9fff" for char in violation.zh)


async def test_a_flood_of_sign_ins_is_refused_and_the_loop_stays_responsive() -> None:
    workers = PasswordWorkers(workers=1, max_waiting=5)
    try:
        calls = [asyncio.create_task(workers.verify(HASH, GOOD)) for _ in range(12)]
        await asyncio.sleep(0)
        # Had the hashing run on the loop, the accepted ones would be finished by now.
        assert sum(call.done() for call in calls) == 6
        assert all(isinstance(call.exception(), PasswordWorkersBusy) for call in calls if call.done())
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(isinstance(result, PasswordWorkersBusy) for result in results) == 6
        assert sum(getattr(result, "ok", False) for result in results) == 6
        assert (await workers.verify(HASH, GOOD)).ok  # the places are given back
    finally:
        workers.close()


async def test_workers_hash_verify_and_remember_earlier_passwords() -> None:
    workers = PasswordWorkers()
    try:
        with pytest.raises(PasswordUnusable):
            await workers.hash("")
        assert not (await workers.verify(None, GOOD)).ok
        assert (await workers.verify(await workers.hash(GOOD), GOOD)).ok
        assert await workers.was_used_before(GOOD, [hash_password("another one"), HASH])
        assert not await workers.was_used_before("new one", [HASH])
    finally:
        workers.close()
