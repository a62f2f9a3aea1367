"""Serves the pages: one HTML shell, a part per page, texts in the reader's language, and the files they load.

A page never acts by being opened: mail scanners open links. The token stands behind `#`, which reaches no server; it
is used by POST to the API when a person presses the button. Only an invitation is read before, to show who invites.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Final

from litestar import HttpMethod, MediaType, Request, Response, route
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.pages.texts import TEXTS
from server.web import language_of
from values.errors import DEFAULT_LANGUAGE

PAGES: Final = ("accept-invitation", "verify-email", "reset-password", "forgot-password", "settings/sessions")
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"
)
_TYPES: Final = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
_METHODS: Final = [HttpMethod.GET, HttpMethod.HEAD]
_PLACE: Final = re.compile(r"\{\{(>?)\s*([\w.-]+)\s*\}\}")


def _contents(folder: str) -> dict[str, str]:
    found = files("server.pages").joinpath(folder).iterdir()
    return {file.name: file.read_text(encoding="utf-8") for file in found if file.is_file()}


PARTS: Final[Mapping[str, str]] = _contents("html")
STATIC: Final[Mapping[str, str]] = _contents("static")


def routes() -> list[HTTPRouteHandler]:
    """The pages at the paths that mails name, and `/pages/<file>` for what they load. GET and HEAD only."""

    @route([f"/{page}" for page in PAGES], http_method=_METHODS, media_type=MediaType.HTML)
    async def page(request: Request[Any, Any, Any]) -> Response[str]:
        """The page in the language of `?lang=`, else of the browser, else Chinese."""
        language = _language(request)
        html = page_in(request.scope["path"].strip("/"), language).replace("{{root}}", _root(request))
        headers = {
            "content-security-policy": POLICY,
            "content-language": language,
            "vary": "accept-language",
            "x-robots-tag": "noindex",
        }
        return Response(html, headers=headers)

    @route("/pages/{name:str}", http_method=_METHODS)
    async def static_file(name: FromPath[str]) -> Response[str]:
        """One of the scripts, the style sheet or the icon, by its exact name."""
        if name not in STATIC:
            raise NotFoundException
        return Response(STATIC[name], media_type=_TYPES[name.rpartition(".")[2]])

    return [page, static_file]


@cache
def page_in(page: str, language: str) -> str:
    """The whole page with its texts; only `{{root}}`, the way to the server's first level, is still open."""
    name = page.rpartition("/")[2]
    around = {
        "title": _text(f"{name}.title", language),
        "script": name,
        "lang": language,
        "other": "zh-CN" if language == "en" else "en",
        "root": "{{root}}",
    }

    def fill(place: re.Match[str]) -> str:
        if place[1]:
            part = name if place[2] == "main" else place[2]
            return _PLACE.sub(fill, PARTS[f"{part}.html"].rstrip("\n"))
        return around.get(place[2]) or _text(place[2], language)

    return _PLACE.sub(fill, PARTS["shell.html"])


def _text(key: str, language: str) -> str:
    return escape(TEXTS[key].in_language(language))


def _language(request: Request[Any, Any, Any]) -> str:
    wanted = str(request.query_params.get("lang", "")).lower()
    if wanted.startswith("en"):
        return "en"
    return DEFAULT_LANGUAGE if wanted.startswith("zh") else language_of(dict(request.scope))


def _root(request: Request[Any, Any, Any]) -> str:
    """`./` or `../`…: relative, so that a proxy may serve all this below a path of its own."""
    asked = (request.scope.get("raw_path") or request.scope["path"].encode()).partition(b"?")[0]
    return "../" * (asked.count(b"/") - 1) or "./"
