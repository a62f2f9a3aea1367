"""Which rows the demo data consists of. The same company always gets the same ones.

Their ids are derived from the tenant's id, and nothing else is: that is how they are recognised when they are cleared,
whatever people have edited meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5

from modules.bridges.demo_words import CHANNELS, CHINESE, DemoWords
from modules.crm.commands.log_activity import LogActivity
from modules.party.commands.create_contact import CreateContact
from modules.party.commands.create_customer import CreateCustomer
from modules.party.entities import CREDIT_GRADES, SOURCES

CUSTOMERS, CONTACTS_EACH, ACTIVITIES_EACH = 60, 3, 4
_MOST = {
    "customer": CUSTOMERS,
    "contact": CUSTOMERS * CONTACTS_EACH,
    "activity": CUSTOMERS * ACTIVITIES_EACH,
    "product": 6,
    "warehouse": 1,
    "move": 6,
    "order": 2,
    "line": 6,
}
_EPOCH = UUID("6b8f0d0a-54c5-4b0e-9a55-0d1e2f3a4b5c")


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A customer with its people and its history, oldest first."""

    customer: CreateCustomer
    contacts: list[CreateContact]
    activities: list[LogActivity]


def demo_id(tenant_id: UUID, kind: str, number: int) -> UUID:
    """The id of the n-th demo row of a kind (`customer`, `product`, …) in a tenant."""
    made = uuid5(_EPOCH, f"{tenant_id}/{kind}/{number}")
    return UUID(int=made.int & ~(0xF << 76) | 0x7 << 76)  # the one version that callers may bring


def demo_ids(tenant_id: UUID, kind: str) -> list[UUID]:
    """All ids that demo rows of a kind may have."""
    return [demo_id(tenant_id, kind, number) for number in range(_MOST[kind])]


def demo_customers(
    tenant_id: UUID, owners: list[UUID], tags: list[UUID], now: datetime, words: DemoWords = CHINESE
) -> Iterator[DemoCustomer]:
    """60 customers, their owners in turn; who is named twice gets twice as many. `tags`: ids to choose from.

    Activities lie in the last 90 days.
    """
    chance = Random(20260302)  # noqa: S311 — demo data is the same for everybody, not a secret
    names: set[str] = set()
    for number in range(CUSTOMERS):
        customer = _customer(chance, words, tenant_id, number, owners[number % len(owners)], tags, names)
        contacts = [
            _contact(chance, words, tenant_id, customer, number * CONTACTS_EACH + place)
            for place in range(chance.randint(1, CONTACTS_EACH))
        ]
        activities = [
            _activity(chance, words, tenant_id, customer, contacts, number * ACTIVITIES_EACH + place, now)
            for place in range(chance.randint(0, ACTIVITIES_EACH))
        ]
        yield DemoCustomer(customer, contacts, sorted(activities, key=lambda a: a.happened_at or now))


def _customer(
    chance: Random,
    words: DemoWords,
    tenant_id: UUID,
    number: int,
    owner_id: UUID,
    tags: list[UUID],
    names: set[str],
) -> CreateCustomer:
    while True:
        city, region, area_code = chance.choice(words.places)
        industry, ending = chance.choice(words.industries)
        name = words.company.format(city=city, brand=chance.choice(words.brands), ending=ending)
        if name not in names:
            break
    names.add(name)
    level = chance.choices("abcd", weights=(2, 3, 4, 3))[0]
    trusted = level in "ab"
    parent = chance.randrange(number) if number > 10 and chance.random() < 0.12 else None
    return CreateCustomer(
        id=demo_id(tenant_id, "customer", number),
        name=name,
        code=f"YS-{number + 1:04d}",
        parent_id=demo_id(tenant_id, "customer", parent) if parent is not None else None,
        level=level,
        source=chance.choice(SOURCES).value,
        industry=industry,
        region=region,
        address=words.address.format(city=city, road=chance.choice(words.roads), number=chance.randint(1, 999)),
        phone=f"{area_code}-8{chance.randint(100_0000, 999_9999)}",
        email=f"info{number + 1}@example.com",
        website=f"https://www.example.com/{number + 1}",
        credit_grade=chance.choice(CREDIT_GRADES).value if trusted else None,
        credit_limit_minor=chance.randrange(1, 50) * 1_000_000 if trusted else None,
        notes=chance.choice(words.notes) if chance.random() < 0.4 else None,
        tag_ids=chance.sample(tags, chance.randint(0, min(2, len(tags)))),
        custom=_custom(chance),
        owner_id=owner_id,
    )


def _custom(chance: Random) -> dict[str, Any]:
    return {
        "demo_payment_days": chance.choice((0, 30, 45, 60)),
        "demo_settlement": chance.choice(("cash", "monthly", "prepaid")),
    }


def _contact(chance: Random, words: DemoWords, tenant_id: UUID, customer: CreateCustomer, number: int) -> CreateContact:
    title, influence = chance.choice(words.titles)
    assert customer.id is not None
    return CreateContact(
        id=demo_id(tenant_id, "contact", number),
        customer_id=customer.id,
        name=words.person.format(family=chance.choice(words.family_names), given=chance.choice(words.given_names)),
        title=title,
        influence=influence,
        mobile=f"13{chance.randint(5, 9)}{chance.randint(0, 9999_9999):08d}",
        email=f"contact{number + 1}@example.com",
        wechat=f"demo_wx_{number + 1}",
    )


def _activity(
    chance: Random,
    words: DemoWords,
    tenant_id: UUID,
    customer: CreateCustomer,
    contacts: list[CreateContact],
    number: int,
    now: datetime,
) -> LogActivity:
    topic, content, objection, next_step = chance.choice(words.topics)
    happened_at = now - timedelta(days=chance.randint(0, 90), minutes=chance.randint(1, 600))
    assert customer.id is not None
    return LogActivity(
        id=demo_id(tenant_id, "activity", number),
        customer_id=customer.id,
        contact_id=chance.choice(contacts).id,
        channel=chance.choice(CHANNELS),
        topic=topic,
        content=content,
        objection=objection,
        budget_minor=chance.randrange(1, 80) * 500_000 if topic == words.quotation else None,
        next_step=next_step,
        next_step_at=happened_at + timedelta(days=chance.randint(3, 21)),
        happened_at=happened_at,
    )
