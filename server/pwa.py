"""Serves the built web client: the page at `/` and below it, its files under their hashed names, its service worker.

The files are read once, with the compressed forms that the build left beside them. Every path that no other room
answers is the client's own affair: it gets the page, and the client's router goes on from there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from litestar import HttpMethod, Request, Response, route
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

POLICY: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
PERMISSIONS: Final = "camera=(self), geolocation=(self), microphone=(self), payment=(), usb=()"
# Rooms of the server: what they do not know is not there, and is no page of the client's.
ROOMS: Final = ("graphql", "sync", "health", "metrics", "pages", "downloads", "webhooks")
_FOREVER = "public, max-age=31536000, immutable"
_ASK = "no-cache"
_HASHED = "assets/"
_METHODS: Final = [HttpMethod.GET, HttpMethod.HEAD]
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_TYPES: Final = {
    "html": "text/html",
    "js": "text/javascript",
    "css": "text/css",
    "json": "application/json",
    "webmanifest": "application/manifest+json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "wasm": "application/wasm",
    "txt": "text/plain",
    "bin": "application/octet-stream",
}


@dataclass(frozen=True, slots=True)
class File:
    """One file of the client. `forms`: its bytes by content encoding, "" for as they are."""

    name: str
    media_type: str
    etag: str
    forms: Mapping[str, bytes] = field(repr=False)

    def best(self, accepted: str) -> tuple[str, bytes]:
        """(encoding, bytes): the smallest form that the browser takes."""
        offered = {part.partition(";")[0].strip() for part in accepted.lower().split(",") if "q=0," not in f"{part},"}
        for encoding, _ in _ENCODINGS:
            if encoding in offered and encoding in self.forms:
                return encoding, self.forms[encoding]
        return "", self.forms[""]


def files_of(folder: Path) -> dict[str, File]:
    """Every file of the built client by its path from `folder`; the build's own stamps stay out."""
    endings = tuple(ending for _, ending in _ENCODINGS)
    found: dict[str, File] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.startswith(".") or path.name.endswith(endings):
            continue
        forms = {"": path.read_bytes()}
        for encoding, ending in _ENCODINGS:
            packed = path.with_name(path.name + ending)
            if packed.exists():
                forms[encoding] = packed.read_bytes()
        name = path.relative_to(folder).as_posix()
        kind = _TYPES.get(path.suffix.removeprefix("."), "application/octet-stream")
        found[name] = File(name, kind, hashlib.sha256(forms[""]).hexdigest()[:32], forms)
    return found


def routes(folder: Path) -> list[HTTPRouteHandler]:
    """GET and HEAD of whatever no other room answers. Raises FileNotFoundError where there is no built client."""
    files = files_of(folder)
    if "index.html" not in files:
        raise FileNotFoundError(folder / "index.html")

    @route(["/", "/{path:path}"], http_method=_METHODS)
    async def client(request: Request[Any, Any, Any]) -> Response[bytes]:
        """A file of the client by its exact name; else, for a browser that wants a page, the page."""
        name = request.scope["path"].lstrip("/")
        found = files.get(name)
        if found is None:
            if name.partition("/")[0] in ROOMS or not _wants_page(request):
                raise NotFoundException
            found = files["index.html"]
        return _answer(request, found)

    return [client]


def _wants_page(request: Request[Any, Any, Any]) -> bool:
    last = request.scope["path"].rpartition("/")[2]
    return "." not in last and "text/html" in request.headers.get("accept", "text/html")


def _answer(request: Request[Any, Any, Any], file: File) -> Response[bytes]:
    encoding, content = file.best(request.headers.get("accept-encoding", ""))
    tag = f'"{file.etag}{"-" + encoding if encoding else ""}"'
    headers = {
        "cache-control": _FOREVER if file.name.startswith(_HASHED) else _ASK,
        "etag": tag,
        "vary": "accept-encoding",
        "content-security-policy": POLICY,
        "permissions-policy": PERMISSIONS,
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    if encoding:
        headers["content-encoding"] = encoding
    return Response(content, media_type=file.media_type, headers=headers)
