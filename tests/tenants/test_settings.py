"""Settings and flags: a closed list, typed, with defaults."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.commands.set_setting import SetSetting
from tenants.errors import SettingInvalid, SettingUnknown
from tenants.identity.tenant_rules import rules_of
from tenants.settings import KNOWN_SETTINGS, flag, read_setting
from tests.tenants.rows import rows_of
from tests.world import Company, World
from values.errors import PermissionDenied

SET = "tenants.set_setting"
POLICY, IDLE = "security.password_policy", "security.idle_timeout_minutes"


async def read(company: Company, name: str) -> Any:
    async with company.app.engine.reading(await company.actor()) as session:
        return await read_setting(session, name)


@pytest.mark.parametrize("who", ["li", "wang", "lin", "zhou"])
async def test_only_admins_set_settings(world: World, who: str) -> None:
    with pytest.raises(PermissionDenied):
        await world.yunfan.run(who, SET, SetSetting(name=IDLE, value=30))


@pytest.mark.parametrize("name", ["security.password", "flag.", "flag.Big", "flag.a.b", ""])
async def test_unknown_names_are_refused(world: World, name: str) -> None:
    with pytest.raises(SettingUnknown):
        await world.yunfan.run("admin", SET, SetSetting(name=name, value=True))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (IDLE, 4),
        (IDLE, 43201),
        (IDLE, "30"),
        (IDLE, True),
        (POLICY, 12),
        (POLICY, {"minLength": 7}),
        (POLICY, {"minLength": "12"}),
        (POLICY, {"requireClasses": 5}),
        (POLICY, {"maxAgeDays": 0}),
        (POLICY, {"colour": "red"}),
        ("flag.beta", 1),
        ("flag.beta", None),
    ],
)
async def test_wrong_values_are_refused(world: World, name: str, value: Any) -> None:
    with pytest.raises(SettingInvalid) as refused:
        await world.yunfan.run("admin", SET, SetSetting(name=name, value=value))
    told = [refused.value.sentence(lang) + refused.value.remedy(lang) for lang in ("zh-CN", "en")]
    assert refused.value.field == "value"
    assert not any("{" in text for text in told)


async def test_defaults_hold_until_something_is_set(world: World) -> None:
    for setting in KNOWN_SETTINGS:
        assert await read(world.yunfan, setting.name) == setting.default
    assert await read(world.yunfan, "flag.beta") is False


async def test_a_setting_is_the_companys_own_and_identity_obeys_it(world: World, app) -> None:
    company = world.yunfan
    policy = {"minLength": 12, "requireClasses": 3, "history": 5, "maxAgeDays": 90}
    await company.run("admin", SET, SetSetting(name=POLICY, value=policy))
    await company.run("admin", SET, SetSetting(name=IDLE, value=30))
    assert await read(company, POLICY) == policy
    async with app.engine.reading(await company.actor()) as session:
        rules = await rules_of(session)
    assert (rules.policy.min_length, rules.policy.max_age_days, rules.idle_seconds) == (12, 90, 1800)
    assert await read(world.seagull, IDLE) == 7 * 24 * 60


async def test_flags_switch_and_are_audited(world: World, app) -> None:
    company = world.yunfan
    made = await company.run("admin", SET, SetSetting(name="flag.beta", value=True))
    async with app.engine.reading(await company.actor("li")) as session:
        assert await flag(session, "beta")
        assert not await flag(session, "gamma")
    again = await company.run("admin", SET, SetSetting(name="flag.beta", value=False))
    assert (again.row_id, again.version) == (made.row_id, 2)
    assert await read(company, "flag.beta") is False
    trail = await rows_of(
        app, company.tenant_id, "SELECT after FROM app.audit_entry WHERE row_id = :id ORDER BY id", id=made.row_id
    )
    assert [row.after["value"] for row in trail] == [{"on": True}, {"on": False}]
