"""`yunfan explain ENTITY`: finds the entity, asks every room's explainer, and shows the answers as text or as data."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterator
from typing import Any

from exchange.explaining import ExchangeExplainer
from graphql_api.explaining import GraphQLExplainer
from kernel.entity import TenantRow, described, entities
from kernel.explain import Explainer, source_of
from server.catalogue import load_rooms
from server.explaining_kernel import KernelExplainer
from server.failures import OperatorError
from sync.explaining import SyncExplainer
from tenants.explaining import TenantsExplainer
from values.errors import Words

EXPLAINERS: tuple[Explainer, ...] = (
    KernelExplainer(),
    TenantsExplainer(),
    ExchangeExplainer(),
    GraphQLExplainer(),
    SyncExplainer(),
)
_WIDEST, _PAGE = 28, 120


def explained(asked: str, language: str) -> dict[str, Any]:
    """`{name, label, source, rooms: {room: {key: value}}}`, plain data, texts in `language`. Raises OperatorError."""
    entity = find(asked)
    about = described(entity)
    return {
        "name": about.name,
        "label": Words(about.zh, about.en).in_language(language),
        "source": source_of(entity),
        "rooms": {
            explainer.room: {fact.key: _plain(fact.value, language) for fact in explainer.facts(entity)}
            for explainer in EXPLAINERS
        },
    }


def lines(asked: str, language: str) -> Iterator[str]:
    """The same as `explained`, for people. Raises OperatorError."""
    entity = find(asked)
    about = described(entity)
    yield f"{about.name}  {Words(about.zh, about.en).in_language(language)}  {source_of(entity)}"
    for explainer in EXPLAINERS:
        yield ""
        yield f"[{explainer.room}]"
        for fact in explainer.facts(entity):
            yield from _shown(fact.label.in_language(language), _plain(fact.value, language), language)


def find(asked: str) -> type[TenantRow]:
    """By full name, or by a last part that only one entity has; capitals do not matter. Raises OperatorError."""
    load_rooms()
    known = {described(found).name: found for found in entities()}
    wanted = asked.strip().lower()
    meant = [name for name in known if wanted in (name.lower(), _short(name).lower())]
    if len(meant) == 1:
        return known[meant[0]]
    if meant:
        raise OperatorError(
            f"Several entities are called {asked!r}: name one of {', '.join(meant)}.",
            f"有多个实体叫“{asked}”：请写明 {'、'.join(meant)} 之一。",
        )
    spelt = {key.lower(): name for name in known for key in (_short(name), name)}
    near = list(dict.fromkeys(spelt[found] for found in difflib.get_close_matches(wanted, spelt, n=3, cutoff=0.6)))
    names = near or list(known)
    en, zh = ("did you mean", "是否指") if near else ("there are", "现有")
    question_en, question_zh = ("?", "？") if near else (".", "。")
    raise OperatorError(
        f"There is no entity {asked!r}; {en} {', '.join(names)}{question_en}",
        f"没有实体“{asked}”，{zh} {'、'.join(names)}{question_zh}",
    )


def _short(name: str) -> str:
    return name.rsplit(".", 1)[1]


def _plain(value: Any, language: str) -> Any:
    if isinstance(value, Words):
        return value.in_language(language)
    if isinstance(value, dict):
        return {key: _plain(item, language) for key, item in value.items()}
    return [_plain(item, language) for item in value] if isinstance(value, list | tuple) else value


def _shown(label: str, value: Any, language: str) -> Iterator[str]:
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    if not rows:
        line = f"{label}: {_text(value, language)}"
        yield from textwrap.wrap(line, _PAGE, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        return
    yield f"{label}:"
    heads = [_text(next(iter(row.values())), language) for row in rows]
    width = min(_WIDEST, max(map(len, heads)))
    for head, row in zip(heads, rows, strict=True):
        rest = [_cell(key, item, language) for key, item in list(row.items())[1:]]
        yield f"  {head:<{width}}  {'  '.join(cell for cell in rest if cell)}".rstrip()


def _cell(key: str, value: Any, language: str) -> str:
    """Texts speak for themselves; a yes is its key, a no and a nothing are left out, a number and a list are named."""
    if isinstance(value, bool):
        return key if value else ""
    if isinstance(value, list):
        return f"{key}({_text(value, language)})" if value else ""
    return f"{key}={value}" if isinstance(value, int | float) else str(value)


def _text(value: Any, language: str) -> str:
    if isinstance(value, bool):
        chinese, english = ("是", "yes") if value else ("否", "no")
        return english if language.startswith("en") else chinese
    if isinstance(value, list):
        value = ", ".join(map(str, value))  # names, which are spelt alike in every language
    return str(value) if value not in ("", 0) else "—"
