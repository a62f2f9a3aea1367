"""How a field is shown, chosen and found: words of the entity's description that know no database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Widget(Enum):
    """How a default form and list show a field."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    TAGS = "tags"
    MONEY = "money"
    NUMBER = "number"
    DATE = "date"
    INSTANT = "instant"
    SWITCH = "switch"
    REFERENCE = "reference"
    PHONE = "phone"
    EMAIL = "email"
    JSON = "json"


class Search(Enum):
    """Under which terms the global search finds a row by this field."""

    NAME = "name"
    CODE = "code"
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    zh: str
    en: str
