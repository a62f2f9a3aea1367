"""`POST /graphql`: JSON in, JSON out. Nothing else: no GET, no forms, no cookies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from inspect import isawaitable
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from graphql import GraphQLSchema
from litestar import MediaType, Response, get, post
from litestar import Request as HttpRequest
from litestar.handlers import HTTPRouteHandler, WebsocketRouteHandler
from sqlalchemy.pool import QueuePool

from graphql_api.arguments import MAX_ITEMS
from graphql_api.downloads import download_route
from graphql_api.errors import QueryTooLarge, envelope
from graphql_api.graphiql import PAGE
from graphql_api.limits import MAX_BATCH
from graphql_api.operation import Asked, Operations
from graphql_api.request import Request, SignedIn, named_language, preferred_language
from graphql_api.schema import build_shapes, core_schema
from graphql_api.turns import Turns
from graphql_api.websocket import socket_route
from infra.blobs import BlobStore
from infra.settings import Settings
from kernel.engine import Engine
from kernel.pokes import Pokes
from values.errors import BodyTooLarge, NotSignedIn, Refusal, RequestMalformed, Words

MAX_BODY = 1_000_000
MAX_IMPORT_BODY = 30_000_000  # a file of 20 MB in Base64, and what surrounds it
_BY_POST = Words("以 POST 发送的 JSON（application/json）", "JSON (application/json), sent by POST")
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Handler = HTTPRouteHandler | WebsocketRouteHandler


def routes(
    engine: Engine, identity: Any, settings: Settings, pokes: Pokes, blobs: BlobStore | None = None
) -> list[Handler]:
    """The API's Litestar handlers: `/graphql` over HTTP and WebSocket, `/downloads/{token}`."""
    operations = Operations(_executable_schema(), open_schema=not settings.is_production)
    door = Door(engine, identity, pokes)

    @post("/graphql", media_type=MediaType.JSON, request_max_body_size=MAX_IMPORT_BODY, status_code=200)
    async def graphql_post(request: HttpRequest[Any, Any, Any]) -> Response[bytes]:
        """One operation, or a list of at most five."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _answer(_refused(request, "application/json"), 415)
        context = await door.request(request)
        with structlog.contextvars.bound_contextvars(**_bound(context)):
            try:
                body = _decoded(await _read(request, context), operations)
                async with _attended(request, context):
                    if not isinstance(body, list):
                        return _answer(await operations.answer(context, Asked.of(body)), 200)
                    return _answer(await _batch(operations, context, body), 200)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return _answer(envelope(RequestMalformed(expected="JSON"), context.language, context.request_id), 400)
            except Refusal as refused:
                status = 413 if isinstance(refused, BodyTooLarge) else 400
                return _answer(envelope(refused, context.language, context.request_id), status)

    @get("/graphql", media_type=MediaType.HTML)
    async def graphql_get(request: HttpRequest[Any, Any, Any]) -> Response[bytes]:
        """The explorer, in development and in a browser only. No operation ever runs by GET."""
        wanted = "text/html" in request.headers.get("accept", "")
        if settings.is_production or not wanted or request.query_params:
            return _answer(_refused(request, _BY_POST), 405, {"Allow": "POST"})
        return Response(PAGE.encode(), media_type=MediaType.HTML, headers=_HEADERS)

    return [
        graphql_post,
        graphql_get,
        socket_route(operations, door, settings),
        download_route(engine, identity, blobs=blobs),
    ]


class Door:
    """Turns what came over HTTP into the surroundings of an operation."""

    def __init__(self, engine: Engine, identity: Any, pokes: Pokes) -> None:
        self.engine, self.identity, self.pokes, self.shapes = engine, identity, pokes, build_shapes()
        self.turns = Turns(tenant_share(engine))

    async def request(self, http: Any, token: str | None = None) -> Request:
        """Who asks, in which language. A token that is no longer good leaves them anonymous: signIn must work."""
        headers = http.headers
        found = Request(
            engine=self.engine,
            identity=self.identity,
            shapes=self.shapes,
            pokes=self.pokes,
            turns=self.turns,
            token=token or bearer(headers.get("authorization")),
            language=preferred_language(headers.get("accept-language")),
            asked_language=named_language(headers.get("accept-language")),
            address=http.client.host if http.client else None,
            device_name=(headers.get("user-agent") or "")[:200] or None,
            request_id=_request_id(headers.get("x-request-id")),
            idempotency_key=(headers.get("idempotency-key") or "")[:200] or None,
        )
        await self.sign_in(found)
        return found

    async def sign_in(self, request: Request, *, watching: bool = False) -> None:
        """Asks the identity service what the token stands for now. `watching`: nobody used it, so it may grow idle."""
        # Set when the answer is there: on a socket operations begin while it is being asked.
        request.signed_in = await self._signed_in(request, watching)
        if request.signed_in is not None:
            request.language = request.asked_language or request.signed_in.actor.language

    async def _signed_in(self, request: Request, watching: bool) -> SignedIn | None:
        if request.token is None:
            return None
        ask = self.identity.watch if watching else self.identity.authenticate
        try:
            found: SignedIn = await ask(request.token, address=request.address, request_id=request.request_id)
        except NotSignedIn:
            return None
        except Refusal as refused:
            request.refused = refused
            return None
        return found


def tenant_share(engine: Engine) -> int:
    """How many operations of one tenant run at a time: half of the connections that the pool opens at most."""
    pool = engine.database.app.sync_engine.pool
    assert isinstance(pool, QueuePool)
    return max(1, pool.size() // 2)


@cache
def _executable_schema() -> GraphQLSchema:
    """The schema, whose changes are done as a whole: see Request.changing."""
    schema = core_schema()
    for field in schema.mutation_type.fields.values() if schema.mutation_type else ():
        if field.resolve is not None:
            field.resolve = _as_a_whole(field.resolve)
    return schema


def _as_a_whole(resolve: Callable[..., Any]) -> Callable[..., Any]:
    async def change(root: Any, info: Any, **given: Any) -> Any:
        async with info.context.changing():
            found = resolve(root, info, **given)
            return await found if isawaitable(found) else found

    return change


@asynccontextmanager
async def _attended(http: HttpRequest[Any, Any, Any], context: Request) -> AsyncIterator[None]:
    """While a request is answered: a caller who leaves is noticed. To be entered once the body is read."""

    async def listen() -> None:
        if (await http.receive())["type"] == "http.disconnect":
            context.abandon()

    listening = asyncio.create_task(listen())
    try:
        yield
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


def bearer(header: str | None) -> str | None:
    """The token of `Authorization: Bearer …`."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _request_id(given: str | None) -> str:
    """A proxy's id when it is harmless, else a new one."""
    if given and len(given) <= 64 and all(c.isascii() and (c.isalnum() or c in "-_.") for c in given):
        return given
    return str(uuid4())


def _refused(http: HttpRequest[Any, Any, Any], expected: str | Words) -> dict[str, Any]:
    """The answer to what is no operation at all, before anybody is asked who they are."""
    language = preferred_language(http.headers.get("accept-language"))
    return envelope(RequestMalformed(expected=expected), language, _request_id(http.headers.get("x-request-id")))


async def _read(http: HttpRequest[Any, Any, Any], context: Request) -> bytes:
    """The body, bounded while it arrives; beyond 1 MB see `_decoded`. Raises BodyTooLarge."""
    limit = MAX_BODY if context.signed_in is None else MAX_IMPORT_BODY
    parts: list[bytes] = []
    size = 0
    async for part in http.stream():
        size += len(part)
        if size > limit:
            raise BodyTooLarge(limit=limit)
        parts.append(part)
    return b"".join(parts)


class _Large(msgspec.Struct):
    """A body whose variables are not decoded before it is known what they are for."""

    query: str
    variables: msgspec.Raw = msgspec.Raw(b"{}")
    operation_name: str | None = msgspec.field(default=None, name="operationName")


def _decoded(raw: bytes, operations: Operations) -> Any:
    """The body's JSON. More than 1 MB may only bring a file to import: one long text and little around it.

    Raises BodyTooLarge, QueryTooLarge, msgspec.DecodeError.
    """
    if len(raw) <= MAX_BODY:
        return msgspec.json.decode(raw)
    try:
        found = msgspec.json.decode(raw, type=_Large)
    except msgspec.ValidationError:
        raise BodyTooLarge(limit=MAX_BODY) from None
    if not operations.imports_only(found.query, found.operation_name):
        raise BodyTooLarge(limit=MAX_BODY)
    # Counted on the text: a Base64 file has none of these, and objects take many times the room of their JSON.
    variables = bytes(found.variables)
    items = sum(variables.count(mark) for mark in (b",", b"[", b"{"))
    if items > MAX_ITEMS:
        raise QueryTooLarge(field="variables", measure="variable items", found=items, limit=MAX_ITEMS)
    return {
        "query": found.query,
        "variables": msgspec.json.decode(variables),
        "operationName": found.operation_name,
    }


async def _batch(operations: Operations, context: Request, bodies: list[Any]) -> list[dict[str, Any]]:
    if not 1 <= len(bodies) <= MAX_BATCH:
        raise QueryTooLarge(measure="batch", found=len(bodies), limit=MAX_BATCH)
    spent: list[float] = []
    return [await operations.answer(context, Asked.of(body), spent) for body in bodies]


def _bound(context: Request) -> dict[str, str]:
    found = {"request": context.request_id}
    if context.signed_in is not None:
        actor = context.signed_in.actor
        found |= {"tenant": str(actor.tenant_id), "member": str(actor.member_id)}
    return found


def _answer(body: Any, status: int, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/json; charset=utf-8",
        headers={**_HEADERS, **(headers or {})},
    )
