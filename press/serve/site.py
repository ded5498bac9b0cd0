"""The site of `makebook serve`: what it shows a browser, and what it refuses. Owner of Starlette.

In: a `Board` that knows what was built, and where. Out: an ASGI application for this machine only:
the viewer, files in the output folder, pages of PDFs as pictures, chapters of e-books, and a stream
of events. It writes nothing. This module must not know builders.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast, get_args

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from press.core.formats import FORMATS, file_of
from press.serve.messages import View, ViewName
from press.serve.showing import Pictures, Source, book_chapters, book_file, published
from press.serve.state import Board, Early

VIEWER = Path(__file__).parent / "viewer"
_TYPES = {
    **{facts.ending: facts.media_type for facts in FORMATS.values()},
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".xhtml": "application/xhtml+xml",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
_OWN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CONTENT = (
    "sandbox allow-same-origin; default-src 'none'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; media-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
"""For authors' content: no script runs, and nothing is loaded from other sites."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:\d{1,5})?", re.I)
_WIDEST = 2400


class _Guard:
    """Refuses every request that does not come from a browser on this machine.

    A page of another site can make a browser send requests here and, under a domain name that
    resolves to 127.0.0.1, could read the answers. Host and Origin reveal it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        reason = _refusal(scope)
        if reason:
            status, words = reason
            await Response(words, status, _HEADERS, "text/plain")(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                message["headers"] = list(message["headers"]) + [
                    (name.lower().encode(), value.encode())
                    for name, value in {**_HEADERS, "Content-Security-Policy": _OWN}.items()
                    if name.lower().encode() not in own
                ]
            await send(message)

        await self.app(scope, receive, with_headers)


def _refusal(scope: Scope) -> tuple[int, str] | None:
    """Return why a request is refused; None if it is not."""
    sent: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        sent.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    if scope["method"] not in ("GET", "HEAD"):
        return 405, "only GET and HEAD are allowed"
    hosts = sent.get("host", [])
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        return 403, "this server answers only to 127.0.0.1 and localhost"
    if any(origin != f"http://{hosts[0]}" for origin in sent.get("origin", [])):
        return 403, "requests from other sites are refused"
    if any(site not in ("same-origin", "none") for site in sent.get("sec-fetch-site", [])):
        return 403, "requests from other sites are refused"
    return None


class _Site:
    """The handlers of the requests."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.pictures = Pictures()

    def _found(self, request: Request, suffix: str = "") -> Path | None:
        path = published(self.board.output, request.path_params["name"])
        return path if path and path.suffix.endswith(suffix) else None

    async def own(self, request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        if name not in ("index.html", "viewer.css", "viewer.js", "icon.svg"):
            return _missing()
        return FileResponse(VIEWER / name, media_type=_TYPES[Path(name).suffix])

    async def file(self, request: Request) -> Response:
        path = self._found(request)
        if path is None:
            return _missing()
        data = await run_in_threadpool(path.read_bytes)
        headers = {"Content-Security-Policy": _CONTENT} if path.suffix == ".html" else {}
        return Response(data, 200, headers, _TYPES[path.suffix])

    async def sizes(self, request: Request) -> Response:
        path = self._found(request, ".pdf")
        if path is None:
            return _missing()
        return JSONResponse(await run_in_threadpool(self.pictures.sizes, path))

    def _early(self, request: Request) -> Early | None:
        """Return the unfinished version that a URL asks for, or None."""
        return self.board.shown_early(request.path_params["name"], request.query_params.get("v"))

    async def page(self, request: Request) -> Response:
        early, query = self._early(request), request.query_params
        source: Source | None = early.data if early else self._found(request, ".pdf")
        try:
            number, width = int(query["page"]), min(max(int(query["width"]), 50), _WIDEST)
        except (KeyError, ValueError):
            return _missing()
        number -= early.first if early else 0
        if source is None or number < 0:
            return _missing()
        data = await run_in_threadpool(self.pictures.page, source, number, width)
        return Response(data, 200, media_type="image/png")

    async def chapters(self, request: Request) -> Response:
        early = self._early(request)
        source: Source | None = early.data if early else self._found(request, ".epub")
        if source is None:
            return _missing()
        return JSONResponse(await run_in_threadpool(book_chapters, source))

    async def chapter(self, request: Request) -> Response:
        name, _, inside = request.path_params["name"].partition(".epub/")
        name, version = file_of(name, "epub"), request.path_params["version"]
        early = self.board.shown_early(name, version)
        source = early.data if early else published(self.board.output, name)
        data = await run_in_threadpool(book_file, source, inside) if source else None
        if data is None:
            return _missing()
        kind = _TYPES.get(Path(inside).suffix.lower(), "application/octet-stream")
        return Response(data, 200, {"Content-Security-Policy": _CONTENT}, kind)

    async def looking(self, request: Request) -> Response:
        query = request.query_params
        try:
            first, last = (max(0, int(query.get(key, "0"))) for key in ("first", "last"))
        except ValueError:
            return _missing()
        kind = query.get("view", "")
        view: View | None = None
        if kind in get_args(ViewName):
            edition = query.get("edition", "")
            view = {"view": cast(ViewName, kind), "edition": edition, "first": first, "last": last}
        self.board.looks(query.get("article", ""), query.get("imprint"), view)
        return Response(status_code=204)

    async def events(self, request: Request) -> Response:
        query = request.query_params
        self.board.looks(query.get("article", ""), query.get("imprint"), None)
        return StreamingResponse(self.board.events(), media_type="text/event-stream")


def application(board: Board) -> ASGIApp:
    """Return the site. The version in a URL only distinguishes files with the same name."""
    site = _Site(board)
    routes = [
        Route("/", site.own),
        Route("/viewer/{name}", site.own),
        Route("/file/{name:path}", site.file),
        Route("/sizes/{name:path}", site.sizes),
        Route("/page/{name:path}", site.page),
        Route("/chapters/{name:path}", site.chapters),
        Route("/book/{version}/{name:path}", site.chapter),
        Route("/events", site.events),
        Route("/looking", site.looking),
    ]
    failures: dict[Any, Any] = {Exception: _failed, OSError: _gone, ValueError: _gone}
    return _Guard(Starlette(routes=routes, exception_handlers=failures))


def _missing() -> Response:
    return Response("there is no such file", 404, media_type="text/plain")


async def _gone(*_: object) -> Response:
    """Answer for a file that was replaced while it was read; the viewer asks again."""
    return Response("the file has just changed; try again", 503, media_type="text/plain")


async def _failed(*_: object) -> Response:
    return Response("this file cannot be shown", 500, media_type="text/plain")
