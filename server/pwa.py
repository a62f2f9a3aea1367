"""Serves the built web client: the page at `/` and below it, its files under their hashed names, its service worker.

The files are read once, with the compressed forms that the build left beside them. Every path that no other room
answers is the client's own affair: it gets the page, and the client's router goes on from there.

What the page may do stands in its content policy. antd writes its style sheets while the app runs: they are known by a
nonce, another one for each page. The service worker asks for `/index.html` as it was built, placeholder and all, checks
its hash, and puts in a nonce of its own whenever it opens it (web/src/sw/style_nonce.ts).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from litestar import HttpMethod, Request, Response, route
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

NONCE: Final = "STYLE-NONCE"  # stands in the built page and here
# 'wasm-unsafe-eval': SQLite and the barcode reader. blob: pictures and sound out of the replica. The one policy of
# trusted types is web/src/app/trusted_types.ts.
POLICY: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "
    f"style-src 'self' 'nonce-{NONCE}'; style-src-attr 'none'; "
    "img-src 'self' blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types default"
)
# Photos and codes, voice notes, the place of a visit, a passkey; of the rest that browsers know by such a name nothing.
PERMISSIONS: Final = (
    "camera=(self), clipboard-write=(self), fullscreen=(self), geolocation=(self), microphone=(self), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self), "
    "accelerometer=(), display-capture=(), encrypted-media=(), gyroscope=(), hid=(), idle-detection=(), "
    "local-fonts=(), magnetometer=(), midi=(), payment=(), picture-in-picture=(), screen-wake-lock=(), serial=(), "
    "usb=(), xr-spatial-tracking=()"
)
_PAGE: Final = "index.html"
# Rooms of the server: what they do not know is not there, and is no page of the client's.
ROOMS: Final = ("graphql", "sync", "health", "metrics", "pages", "downloads", "webhooks")
_FOREVER = "public, max-age=31536000, immutable"
_ASK = "no-cache"
_HASHED = "assets/"
_LONGEST: Final = 2_000
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


def routes(folder: Path, *, unkeep: bool = False) -> list[HTTPRouteHandler]:
    """GET and HEAD of whatever no other room answers. Raises FileNotFoundError where there is no built client.

    `unkeep`: devices get a service worker that takes the kept app off them.
    """
    files = files_of(folder)
    if _PAGE not in files:
        raise FileNotFoundError(folder / _PAGE)
    page = files[_PAGE].forms[""].decode()
    way_back = files.pop("sw-off.js", None)
    if unkeep and way_back is not None:
        files["sw.js"] = way_back

    @route(["/", "/{path:path}"], http_method=_METHODS)
    async def client(request: Request[Any, Any, Any]) -> Response[bytes]:
        """A file of the client by its exact name; else, for a browser that wants a page, the page."""
        if b"//" in request.scope["raw_path"]:  # a browser may take what follows for a host
            raise NotFoundException
        name = request.scope["path"].removeprefix("/")
        found = files.get(name)
        if found is not None and not (name == _PAGE and _wants_html(request)):
            return _answer(request, found)
        if name not in ("", _PAGE) and not (_is_place(name) and _wants_html(request)):
            raise NotFoundException
        return _opened(page)

    return [client]


def _is_place(name: str) -> bool:
    """Whether the client's router may know it: no room's path, no file's."""
    first, last = name.partition("/")[0], name.rpartition("/")[2]
    return first not in ROOMS and "." not in last and len(name) <= _LONGEST


def _wants_html(request: Request[Any, Any, Any]) -> bool:
    return "text/html" in request.headers.get("accept", "text/html")


def _opened(page: str) -> Response[bytes]:
    """The page with a nonce of its own, which is why nothing of it may be kept."""
    nonce = secrets.token_urlsafe(16)
    headers = {
        "cache-control": _ASK,
        "vary": "accept",
        "content-security-policy": POLICY.replace(NONCE, nonce),
        "permissions-policy": PERMISSIONS,
    }
    return Response(page.replace(NONCE, nonce).encode(), media_type=_TYPES["html"], headers=headers)


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
