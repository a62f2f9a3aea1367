"""Refusals name states, actions and modules as people call them, never by the product's own codes."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from sqlalchemy import text

from modules.party.commands.create_customer import CreateCustomer
from server.parts import Application
from tenants.access import MODULES
from tenants.commands.resolve_inbox_entry import TRANSITIONS, ResolveInboxEntry
from tests.tenants.rows import rows_of
from tests.tenants.test_erasure import add_inbox_entry
from tests.world import Company, World, seed
from values.errors import LANGUAGES, InvalidTransition, ModuleNotBought, Refusal
from values.ids import new_id
from values.modules import MODULE_WORDS, module_words

STATES = ("open", "waiting", "parked", "applied", "discarded", "taken")
ACTIONS = ("mine", "theirs", "discard")


def words_in(refusal: Refusal) -> set[str]:
    """The words of every text that a person reads, in all languages."""
    texts = [made(language) for language in LANGUAGES for made in (refusal.sentence, refusal.remedy)]
    return {word.lower() for shown in texts for word in re.findall(r"[A-Za-z_]+", shown)}


async def entry_in(company: Company, state: str) -> UUID:
    await add_inbox_entry(company, new_id(), {"name": "金"})

    async def work(ctx: object) -> None:
        await ctx.session.core(text("UPDATE app.inbox_entry SET state = :state"), {"state": state})  # type: ignore[attr-defined]

    await seed(company.app, company.tenant_id, work)
    [row] = await rows_of(company.app, company.tenant_id, "SELECT id FROM app.inbox_entry")
    return UUID(str(row.id))


@pytest.mark.parametrize(("state", "action"), [(s, a) for s in STATES for a in ACTIONS if (s, a) not in TRANSITIONS])
async def test_a_transition_that_is_not_possible(world: World, state: str, action: str) -> None:
    entry = await entry_in(world.yunfan, state)
    with pytest.raises(InvalidTransition) as refused:
        await world.yunfan.run("admin", "tenants.resolve_inbox_entry", ResolveInboxEntry(id=entry, action=action))
    zh = refused.value.sentence("zh-CN")
    assert not re.search(r"[A-Za-z{}]", zh), zh
    assert "{" not in refused.value.sentence("en")
    assert {"mine", "theirs"}.isdisjoint(words_in(refused.value))


async def test_a_module_that_the_company_does_not_have(world: World, app: Application) -> None:
    async def without_modules(ctx: object) -> None:
        await ctx.session.core(text("UPDATE app.module_entitlement SET ends_at = starts_at"))  # type: ignore[attr-defined]

    await seed(app, world.yunfan.tenant_id, without_modules)
    with pytest.raises(ModuleNotBought) as refused:
        await world.yunfan.run("admin", "party.create_customer", CreateCustomer(name="甲"))
    assert refused.value.sentence() == "贵公司尚未开通“客户关系”模块。"
    assert refused.value.sentence("en") == "To do this your company must have the module Customer relations."
    assert "crm" not in words_in(refused.value)


def test_every_module_has_a_name_in_both_languages() -> None:
    assert tuple(MODULE_WORDS) == MODULES
    for module in MODULES:
        words = module_words(module)
        assert re.fullmatch(r"[\u4e00-\u9fff]+", words.zh)
        assert words.en != module
    assert module_words("unheard_of").zh == "unheard_of"
