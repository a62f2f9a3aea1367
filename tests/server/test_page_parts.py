"""The pages as they lie in the package: whole, readable for everybody, and in step with their scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from graphql import parse, validate

from graphql_api.schema import core_schema
from server.pages.routes import PAGES, PARTS, STATIC, page_in
from server.pages.texts import TEXTS
from server.parts import Application
from tests.server.test_pages import OPERATIONS, browsing


@dataclass
class Seen(HTMLParser):
    """What a page holds."""

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    labelled: set[str] = field(default_factory=set)
    inputs: list[dict[str, str | None]] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def of(cls, html: str) -> Seen:
        seen = cls()
        seen.feed(html)
        seen.close()
        assert seen.open == []
        return seen

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self.ids += [str(found["id"])] if "id" in found else []
        self.links += [str(found[name]) for name in ("href", "src") if name in found]
        if tag == "label" and "for" in found:
            self.labelled.add(str(found["for"]))
        if tag == "input":
            self.inputs.append(found | {"wrapped": "label" if "label" in self.open else None})
        if tag not in ("meta", "link", "img", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_operation_of_the_scripts_fits_the_schema() -> None:
    assert len(OPERATIONS) == STATIC["operations.js"].count("export const")
    for operation in OPERATIONS.values():
        assert validate(core_schema(), parse(operation)) == []
    used = {
        name for file, text in STATIC.items() if file != "operations.js" for name in re.findall(r"[A-Z_]{6,}", text)
    }
    assert set(OPERATIONS) <= used


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("/verify-email", "./"),
        ("/verify-email/", "../"),
        ("/settings/sessions", "../"),
        ("/settings/sessions/", "../../"),
    ],
)
async def test_pages_find_their_files_below_any_address(app: Application, path: str, root: str) -> None:
    """Nothing is absolute, so a proxy may serve the whole product below a path of its own."""
    async with browsing(app, public_url="https://example.com/crm") as browser:
        page = await browser.http.get(path)
        seen = Seen.of(page.text)
        assert f'data-root="{root}"' in page.text
        for link in seen.links:
            assert not re.match(r"[a-z]+:|/", link)
            assert (await browser.http.get(str(page.url.join(link)))).status_code == 200


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_pages_are_whole_and_accessible(page: str, language: str) -> None:
    html = page_in(page, language).replace("{{root}}", "./")
    seen = Seen.of(html)
    assert "{{" not in html
    assert len(seen.ids) == len(set(seen.ids))
    for found in seen.inputs:
        assert found["wrapped"] or found["id"] in seen.labelled
        assert (found.get("aria-describedby") or seen.ids[0]) in seen.ids
        assert found.get("type") == "checkbox" or found["autocomplete"]
    for tag, found in seen.tags:
        assert not [name for name in found if name.startswith("on") or name == "style"]
        assert tag != "style"
        assert tag != "script" or found["src"]
        assert tag != "form" or found["method"] == "post"  # were the script missing, no password would reach an address
    assert html.count('role="alert"') >= html.count("<form") >= 1
    if language == "en":
        assert re.sub(r"中文|·|…|“|”", "", html).isascii()
    assert ("您" in html) == (language == "zh-CN")


def test_every_text_is_used_and_every_place_has_a_text() -> None:
    places = {place for part in PARTS.values() for place in re.findall(r"\{\{([\w.-]+)\}\}", part)}
    titles = {f"{page.rpartition('/')[2]}.title" for page in PAGES}
    assert places - {"root", "lang", "other", "title", "script"} | titles == set(TEXTS)


@pytest.mark.parametrize("page", PAGES)
def test_scripts_name_only_what_their_page_holds(page: str) -> None:
    html, name = page_in(page, "en"), page.rpartition("/")[2]
    script = STATIC[f"{name}.js"]
    for step in re.findall(r'step\((?:\w+(?:\.\w+)? \? )?"(\w+)"', script):
        assert f'data-step="{step}"' in html
    for text in re.findall(r'say\("([\w-]+)"\)', script + STATIC["page.js"] + STATIC["sign-in.js"]):
        assert f'data-say="{text}"' in html
    for element in re.findall(r'"#([\w-]+)"', script):
        assert f'id="{element}"' in html
    for file in re.findall(r'from "\./([\w.-]+)"', "".join(STATIC.values())):
        assert file in STATIC
