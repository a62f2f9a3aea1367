"""The pages that mails lead to: what they refuse, what they hide, and that each asks the API for what exists.

The pages' own requests are made here as their scripts make them, with the operations read from the scripts.
"""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.app import application_edge
from server.pages.routes import PAGES, STATIC
from server.parts import Application
from server.web import Traffic
from tenants.identity.passwords import PasswordWorkers
from tenants.identity.tokens import new_token
from tests.server.test_logging import lines  # noqa: F401 - a fixture
from tests.tenants.identity_desk import OTHER_PASSWORD, PASSWORD, Desk, open_desk
from values.clock import FrozenClock

OPERATIONS = dict(re.findall(r'^export const (\w+) = "(.+)";$', STATIC["operations.js"], re.MULTILINE))


@pytest.fixture(scope="module")
def passwords() -> Iterator[PasswordWorkers]:
    workers = PasswordWorkers(2)
    yield workers
    workers.close()


@pytest.fixture
async def desk(app: Application, clock: FrozenClock, tmp_path: Path, passwords: PasswordWorkers) -> AsyncIterator[Desk]:
    opened = await open_desk(app, clock, tmp_path / "outbox", passwords)
    yield opened
    await opened.identity.close()


class Browser:
    """Opens pages, and asks as `page.js` asks: JSON by POST, the page's language, no cookie."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def ask(self, operation: str, language: str = "zh-CN", bearer: str = "", **variables: Any) -> dict[str, Any]:
        headers = {"accept-language": language, **({"authorization": f"Bearer {bearer}"} if bearer else {})}
        body = {"query": OPERATIONS[operation], "variables": variables}
        answer = await self.http.post("/graphql", json=body, headers=headers)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    async def data(self, operation: str, bearer: str = "", **variables: Any) -> Any:
        body = await self.ask(operation, bearer=bearer, **variables)
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def refusal(self, operation: str, language: str = "zh-CN", **variables: Any) -> tuple[str, str, str, str]:
        """(code, sentence, remedy, field)."""
        wrong = (await self.ask(operation, language, **variables))["errors"][0]
        told = wrong["extensions"]
        return told["code"], wrong["message"], told["remedy"], told["field"]


@asynccontextmanager
async def browsing(app: Application, desk: Desk | None = None, **settings: object) -> AsyncIterator[Browser]:
    parts = replace(app, settings=replace(app.settings, **settings))
    parts = replace(parts, identity=desk.identity) if desk else parts
    transport = httpx.ASGITransport(application_edge(parts, Traffic(), checked=True), client=("203.0.113.9", 4711))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield Browser(http)


def asking(purpose: str, token: str) -> tuple[str, dict[str, Any]]:
    """What the page behind a link sends when its button is pressed."""
    return {
        "yf_inv": ("ACCEPT_INVITATION", {"token": token, "name": "小李", "password": PASSWORD}),
        "yf_ver": ("VERIFY_EMAIL", {"token": token}),
        "yf_rst": ("RESET_PASSWORD", {"token": token, "newPassword": OTHER_PASSWORD}),
    }[purpose]


async def mailed(browser: Browser, desk: Desk, purpose: str) -> str:
    """The token of a link of that purpose, out of a real letter."""
    admin = await desk.founder()
    if purpose == "yf_inv":
        return await desk.invite(admin)
    if purpose == "yf_rst":
        await browser.data("REQUEST_PASSWORD_RESET", input={"identifier": desk.email("chen")})
    return await desk.mailed_token(purpose)


@pytest.mark.parametrize("purpose", ["yf_inv", "yf_ver", "yf_rst"])
@pytest.mark.parametrize("fate", ["garbage", "unknown", "of another purpose", "expired", "used"])
async def test_a_dead_link_is_refused_with_a_remedy(app: Application, desk: Desk, purpose: str, fate: str) -> None:
    async with browsing(app, desk) as browser:
        token = await mailed(browser, desk, purpose)
        if fate == "expired":
            desk.clock.move(hours=73)
        elif fate == "used":
            operation, given = asking(purpose, token)
            await browser.data(operation, input=given)
        else:
            other = "yf_rst" if purpose != "yf_rst" else "yf_ver"
            dead = {"garbage": "?", "unknown": new_token(purpose)[0], "of another purpose": new_token(other)[0]}
            token = dead[fate]
        operation, given = asking(purpose, token)
        code, zh, remedy, field = await browser.refusal(operation, input=given)
        _, en, remedy_en, _ = await browser.refusal(operation, "en", input=given)
        if purpose == "yf_inv":
            assert (await browser.refusal("INVITATION", token=token))[0] == "LINK_REFUSED"
    assert (code, field) == ("LINK_REFUSED", "token")
    assert not zh.isascii()
    assert not remedy.isascii()
    assert en.isascii()
    assert remedy_en.isascii()


async def test_a_weak_password_is_refused_in_words(app: Application, desk: Desk) -> None:
    async with browsing(app, desk) as browser:
        invitation = await mailed(browser, desk, "yf_inv")
        given = {"token": invitation, "name": "小李", "password": "云帆贸易"}
        code, zh, remedy, about = await browser.refusal("ACCEPT_INVITATION", input=given)
        assert (code, about) == ("PASSWORD_REFUSED", "password")
        assert "10 个字符" in zh
        assert "公司名称" in zh
        assert remedy
        given = {"token": invitation, "name": "小李"}
        assert (await browser.refusal("ACCEPT_INVITATION", input=given))[0] == "REQUIRED"
        await browser.data("REQUEST_PASSWORD_RESET", input={"identifier": desk.email("chen")})
        reset = {"token": await desk.mailed_token("yf_rst"), "newPassword": PASSWORD}
        code, en, _, about = await browser.refusal("RESET_PASSWORD", "en", input=reset)
        assert (code, about) == ("PASSWORD_REFUSED", "newPassword")
        assert "different" in en


async def test_opening_a_link_uses_nothing_up(app: Application, desk: Desk) -> None:
    """As mail scanners do, even those that move the token into the query or send the form."""
    async with browsing(app, desk) as browser:
        token = await mailed(browser, desk, "yf_ver")
        for _ in range(3):
            assert (await browser.http.get("/verify-email", params={"token": token})).status_code == 200
            assert (await browser.http.head("/verify-email", params={"token": token})).status_code == 200
        posted = await browser.http.post("/verify-email", data={"token": token})
        assert (posted.status_code, posted.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
        asked = await browser.http.get("/graphql", params={"query": OPERATIONS["VERIFY_EMAIL"]})
        assert asked.status_code == 405
        form = await browser.http.post("/graphql", data={"query": OPERATIONS["VERIFY_EMAIL"]})
        assert form.status_code == 415
        await browser.data("VERIFY_EMAIL", input={"token": token})


UNKNOWN = [
    "/pages",
    "/pages/",
    "/pages/nothing.js",
    "/pages/..%2froutes.py",
    "/pages/%2e%2e/texts.py",
    "/pages/shell.html",
]


@pytest.mark.parametrize("path", [*UNKNOWN, "/settings", "/settings/other", "/accept-invitation/more", "/sign-in"])
async def test_other_paths_stay_unknown(app: Application, path: str) -> None:
    async with browsing(app) as browser:
        answer = await browser.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "ADDRESS_UNKNOWN")


@pytest.mark.parametrize("path", [*(f"/{page}" for page in PAGES), "/pages/page.js", "/pages/page.css"])
async def test_headers(app: Application, path: str) -> None:
    async with browsing(app, public_url="https://crm.example.com") as browser:
        answer, head = await browser.http.get(path), await browser.http.head(path)
    assert answer.status_code == head.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == answer.headers["content-type"]
    assert answer.headers["content-type"].count("charset=utf-8") == 1
    for name, value in {
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }.items():
        assert answer.headers[name] == head.headers[name] == value
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"unsafe|http|data:|\*", policy)
    assert answer.headers["strict-transport-security"]
    assert "set-cookie" not in answer.headers


async def test_no_token_reaches_a_log(app: Application, desk: Desk, lines: io.StringIO) -> None:  # noqa: F811 - pytest's way
    tokens = []
    async with browsing(app, desk) as browser:
        for number, purpose in enumerate(("yf_inv", "yf_ver", "yf_rst")):
            tokens.append(await mailed(browser, replace(desk, suffix=f"{desk.suffix}{number}"), purpose))
            await browser.http.get("/accept-invitation", params={"token": tokens[-1]})
            operation, given = asking(purpose, tokens[-1])
            await browser.data(operation, input=given)
            assert (await browser.refusal(operation, input=given))[0] == "LINK_REFUSED"
    told = lines.getvalue()
    assert '"server.request_ended"' in told
    assert len(set(tokens)) == 3
    assert not [token for token in tokens if token[7:] in told]
    assert PASSWORD not in told
    assert OTHER_PASSWORD not in told


async def test_every_link_of_a_mail_leads_to_a_page(app: Application, desk: Desk) -> None:
    async with browsing(app, desk) as browser:
        await desk.invite(await desk.founder())
        await browser.data("VERIFY_EMAIL", input={"token": await desk.mailed_token("yf_ver")})
        await browser.data("REQUEST_PASSWORD_RESET", input={"identifier": desk.email("chen")})
        await desk.sign_in("chen", device_name="陌生的电脑")
        wrong = {"companyName": "乙公司", "email": desk.email("chen"), "password": OTHER_PASSWORD}
        asked = {"query": "mutation($i: SignUpInput!) { signUp(input: $i) { token } }", "variables": {"i": wrong}}
        assert "SIGN_UP_REFUSED" in (await browser.http.post("/graphql", json=asked)).text
        links = set(re.findall(r"https://crm\.example\.com(/[^\s#]*)", "\n".join(await desk.letters())))
        assert links == {f"/{page}" for page in PAGES}
        for link in links:
            answer = await browser.http.get(link)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_an_invited_person_joins_and_signs_in(app: Application, desk: Desk) -> None:
    async with browsing(app, desk) as browser:
        token = await mailed(browser, desk, "yf_inv")
        shown = (await browser.data("INVITATION", token=token))["invitation"]
        assert (shown["tenantName"], shown["name"], shown["hasUser"]) == ("云帆贸易", "小李", False)
        assert "@" in shown["sentTo"]
        given = {"token": token, "name": "李工", "password": PASSWORD, "deviceName": "Chrome · Android"}
        joined = (await browser.data("ACCEPT_INVITATION", input=given))["acceptInvitation"]["token"]
        assert len((await browser.data("SESSIONS", bearer=joined))["sessions"]) == 1
        await browser.data("SIGN_OUT", bearer=joined)
        assert (await browser.ask("SESSIONS", bearer=joined))["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
        entered = {"identifier": desk.email("li"), "password": PASSWORD, "deviceName": "Chrome · Android"}
        again = (await browser.data("SIGN_IN", input=entered))["signIn"]["token"]
        (session,) = (await browser.data("SESSIONS", bearer=again))["sessions"]
        assert (session["deviceName"], session["current"]) == ("Chrome · Android", True)


async def test_a_forgotten_password_is_replaced(app: Application, desk: Desk) -> None:
    async with browsing(app, desk) as browser:
        assert (await browser.refusal("REQUEST_PASSWORD_RESET", input={"identifier": "?"}))[3] == "identifier"
        nobody = await browser.data("REQUEST_PASSWORD_RESET", input={"identifier": desk.email("nobody")})
        token = await mailed(browser, desk, "yf_rst")
        assert nobody == await browser.data("REQUEST_PASSWORD_RESET", input={"identifier": desk.email("chen")})
        await browser.data("RESET_PASSWORD", input={"token": token, "newPassword": OTHER_PASSWORD})
        entered = {"identifier": desk.email("chen"), "password": PASSWORD}
        assert (await browser.refusal("SIGN_IN", input=entered))[0] == "SIGN_IN_REFUSED"
        session = (await browser.data("SIGN_IN", input={**entered, "password": OTHER_PASSWORD}))["signIn"]["token"]
        assert (await browser.data("EMAIL_VERIFIED", bearer=session))["me"]["emailVerified"] is True


async def test_a_new_verification_link_and_a_stranger_s_session(app: Application, desk: Desk) -> None:
    async with browsing(app, desk) as browser:
        await desk.sign_up()
        entered = {"identifier": desk.email("chen"), "password": PASSWORD}
        session = (await browser.data("SIGN_IN", input=entered))["signIn"]["token"]
        assert (await browser.data("EMAIL_VERIFIED", bearer=session))["me"]["emailVerified"] is False
        await browser.data("SEND_VERIFICATION", bearer=session)
        await browser.data("VERIFY_EMAIL", input={"token": await desk.mailed_token("yf_ver")})
        assert (await browser.data("EMAIL_VERIFIED", bearer=session))["me"]["emailVerified"] is True
        sessions = (await browser.data("SESSIONS", bearer=session))["sessions"]
        (other,) = [found["id"] for found in sessions if not found["current"]]
        ended = await browser.data("REVOKE_SESSION", bearer=session, input={"id": other})
        assert ended["revokeSession"]["count"] == 1
        assert len((await browser.data("SESSIONS", bearer=session))["sessions"]) == 1


async def test_the_language_is_the_links_then_the_browsers_then_chinese(app: Application) -> None:
    async with browsing(app) as browser:
        for accepted, asked, expected in [
            ("", "", "zh-CN"),
            ("en-GB,en", "", "en"),
            ("fr", "", "zh-CN"),
            ("en", "zh", "zh-CN"),
            ("zh-CN", "en", "en"),
            ("en", '"><script>', "en"),
        ]:
            for page in PAGES:
                answer = await browser.http.get(
                    f"/{page}", params={"lang": asked}, headers={"accept-language": accepted}
                )
                assert answer.headers["content-language"] == expected
                assert f'<html lang="{expected}"' in answer.text
                assert "<script>" not in answer.text
