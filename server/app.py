"""The HTTP application: routes of every room behind one edge, and the process that serves it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

import structlog
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import HttpMethod, Litestar, MediaType, Request, Response, route
from litestar.exceptions import HTTPException
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from graphql_api import routes as graphql_routes
from infra.settings import Settings
from server import logging, monitoring, pwa
from server.errors import PartDown, refusal_of_status
from server.health import Health
from server.health import routes as health_routes
from server.migrate import head
from server.pages.routes import routes as page_routes
from server.parts import Application, build, settle_memory
from server.start_page import start_page
from server.status import Status
from server.status import routes as status_routes
from server.web import MAX_BODY_BYTES, Edge, Scope, Traffic, header, language_of, problem
from sync.door import bearer
from sync.errors import OverQuota
from sync.files_http import file_routes
from sync.gate import Gate
from sync.http import routes as sync_routes
from sync.yielding import Foreground
from values.errors import Busy, InternalError, NotSignedIn, Refusal

MOST_CONNECTIONS = 10_000
GRACE_SECONDS = 15.0  # `yunfan up` kills after 20
_log = structlog.get_logger()


def create_app() -> Edge:
    """The ASGI application out of the environment, for `granian --factory server.app:create_app`.

    Raises SettingsError; refuses to start (ServiceError in the log) on a wrong schema or a powerful role.
    """
    settings = Settings.from_env()
    logging.configure(settings.log_level, as_json=True)
    monitoring.configure(settings, release=version("yunfan"))
    return application_edge(build(settings), Traffic())


def application_edge(application: Application, traffic: Traffic, *, checked: bool = False) -> Edge:
    """Every room's routes behind the edge. Its lifespan checks the parts, unless that is done, and closes them."""
    settings = application.settings
    health = Health(application.engine.database, application.redis, head(), traffic)
    app = Litestar(
        route_handlers=[
            *_client(settings),
            *page_routes(),
            *health_routes(health, application.metrics, settings.metrics_token, settings.run),
            *status_routes(Status(settings, health, application.metrics), settings.metrics_token),
            *_rooms(application, traffic),
        ],
        exception_handlers={Refusal: _refused, HTTPException: _http_error, Exception: _broken},
        lifespan=[_lifespan(application, checked=checked)],
        openapi_config=None,
        request_max_body_size=MAX_BODY_BYTES,
        debug=False,
        logging_config=None,
    )
    return Edge(
        app,  # type: ignore[arg-type]  # Litestar spells the same ASGI types in its own way
        traffic,
        application.metrics,
        trusted_proxies=settings.trusted_proxies,
        https=settings.public_url.startswith("https://"),
        relaxed_paths=frozenset() if settings.is_production else frozenset({"/graphql"}),
        turn_away=partial(_turn_away, application.gate, application.sync.fair.foreground),
    )


async def _turn_away(gate: Gate, foreground: Foreground, scope: Scope) -> None:
    """Whoever was told to wait and comes all the same costs no more than this, and nobody else time. Raises
    OverQuota."""
    given = header(scope, b"authorization")
    if given is None or not scope["path"].startswith("/sync/"):
        return
    try:
        gate.refuse_held(bearer(given.decode("latin-1")), scope["path"])
    except NotSignedIn:
        return  # as the door says itself
    except OverQuota:
        await foreground.stand_back()
        raise


def _rooms(application: Application, traffic: Traffic) -> list[Any]:
    identity, engine, pokes, gate = application.identity, application.engine, application.pokes, application.gate
    return [
        *graphql_routes(engine, identity, application.settings, pokes, application.blobs),
        *sync_routes(
            application.sync, identity.authenticate, identity.watch, application.air, traffic.stop, identity, gate
        ),
        *file_routes(application.files, identity.authenticate, gate),
    ]


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM, SIGINT or SIGHUP; then sockets are told, requests under way end, pools close.

    Raises ServiceError when the parts are not in order, OSError when the port is taken.
    """
    application = build(settings)
    try:
        await application.check()
    except BaseException:
        await application.close()
        raise
    traffic = Traffic()
    server = Server(
        application_edge(application, traffic, checked=True),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        websockets=True,
        log_enabled=False,
        backlog=1024,
        backpressure=MOST_CONNECTIONS,  # else as many as the backlog: a thousand sockets would shut everybody else out
    )
    stopped = asyncio.create_task(_until_told_to_stop(traffic))
    serving = asyncio.create_task(server.serve())
    settle_memory()
    _log.info("server.started", host=settings.host, port=settings.port)
    await asyncio.wait({stopped, serving}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        stopped.cancel()
        await serving
        raise RuntimeError("the HTTP server ended by itself")
    await traffic.close_sockets()
    await traffic.settle(GRACE_SECONDS)
    server.stop()  # type: ignore[no-untyped-call]  # granian's own
    await serving
    monitoring.flush()
    _log.info("server.stopped")


async def _until_told_to_stop(traffic: Traffic) -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, told.set)
    await told.wait()
    _log.info("server.stopping", requests=traffic.requests, sockets=len(traffic.sockets))


def _lifespan(application: Application, *, checked: bool) -> Any:
    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        try:
            if not checked:
                await application.check()
            yield
        finally:
            await application.close()

    return lifespan


def _client(settings: Settings) -> list[Any]:
    """The web client; where none is built, a page that tells what answers here."""
    if settings.web_dir is None:
        return [_start_page(settings)]
    return pwa.routes(settings.web_dir, unkeep=settings.web_unkeep)


def _start_page(settings: Settings) -> Any:
    @route("/", http_method=[HttpMethod.GET, HttpMethod.HEAD], media_type=MediaType.HTML)
    async def index(request: Request[Any, Any, Any]) -> Response[str]:
        """What this is, in Chinese and English."""
        page, policy = start_page(language_of(dict(request.scope)), development=not settings.is_production)
        return Response(page, headers={"content-security-policy": policy})

    return index


def _refused(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    _log.info("server.request_refused", code=refusal.code, field=refusal.field)
    return _answer(request.scope, refusal)


def _http_error(request: Request[Any, Any, Any], wrong: HTTPException) -> Response[bytes]:
    if wrong.status_code >= 500:
        return _broken(request, wrong)
    return _answer(request.scope, refusal_of_status(wrong.status_code), wrong.headers)


def _broken(request: Request[Any, Any, Any], wrong: Exception) -> Response[bytes]:
    """A defect, or a part that is away. The caller learns a request id, the operator the rest."""
    if isinstance(wrong, PoolTimeout):
        _log.warning("server.pool_exhausted")
        return _answer(request.scope, Busy())
    if isinstance(wrong, OperationalError | RedisError | ConnectionError):
        _log.error("server.part_down", reason=type(wrong).__name__)
        return _answer(request.scope, PartDown())
    _log.error("server.request_failed", exc_info=wrong)
    monitoring.capture(wrong)
    return _answer(request.scope, InternalError(reference=_request_id(request.scope)))


def _answer(scope: Any, refusal: Refusal, headers: dict[str, str] | None = None) -> Response[bytes]:
    status, body = problem(refusal, language_of(scope), _request_id(scope))
    return Response(body, status_code=status, media_type=MediaType.JSON, headers=headers)


def _request_id(scope: Any) -> str:
    return (header(scope, b"x-request-id") or b"-").decode()  # the edge has put it there
