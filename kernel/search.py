"""Which terms find a row: derived from the facets that name a `Search` kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from kernel.entity import Search, TenantRow, facets
from values.pinyin import code_terms, email_terms, phone_terms, search_terms

_MAKERS: dict[Search, Callable[[str], list[str]]] = {
    Search.NAME: search_terms,
    Search.CODE: code_terms,
    Search.PHONE: phone_terms,
    Search.EMAIL: email_terms,
}


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """An entity's searched columns and how each becomes terms."""

    columns: frozenset[str]
    makers: tuple[tuple[str, Callable[[str], list[str]]], ...]

    def of(self, value: Callable[[str], Any]) -> list[str]:
        """The row's distinct terms; `value` gives a column's current value."""
        found: dict[str, None] = {}
        for column, make in self.makers:
            text = value(column)
            if text:
                found.update(dict.fromkeys(make(str(text))))
        return list(found)


@cache
def terms_of(entity: type[TenantRow]) -> SearchTerms:
    """The search terms of an entity, computed once per class."""
    searched = {name: facet.search for name, facet in facets(entity).items() if facet.search}
    return SearchTerms(frozenset(searched), tuple((name, _MAKERS[kind]) for name, kind in searched.items()))
