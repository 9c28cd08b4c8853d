"""The files of the browser's page, read once; with headers that let them load nothing from elsewhere.

They are made from web/ when macduff is installed or packed (hatch_build.py), and are not there where that was left out.
"""

from __future__ import annotations

import hashlib
import mimetypes
from importlib import resources
from importlib.resources.abc import Traversable

from aiohttp import web

__all__ = ["Pages"]

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_FOREVER = "public, max-age=31536000, immutable"
_NO_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>macduff</title>
<h1>macduff was installed without its page</h1>
<p>Run <code>pip install .</code> or <code>make demo</code> in its folder, without MACDUFF_WITHOUT_PAGE being set, and
start the server again. Everything else works: see <a href="/api">/api</a>.</p>
</html>
"""
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class Pages:
    """Every file of `folder` by its path; the folder is the package's `static` if none is given."""

    def __init__(self, folder: Traversable | None = None) -> None:
        self._files: dict[str, tuple[bytes, str, str]] = {}
        self._read(folder or resources.files("macduff.servers.web") / "static", "")

    def _read(self, folder: Traversable, prefix: str) -> None:
        for item in folder.iterdir() if folder.is_dir() else ():
            if item.name.startswith("."):
                continue
            name = f"{prefix}{item.name}"
            if item.is_dir():
                self._read(item, f"{name}/")
                continue
            body = item.read_bytes()
            suffix = "." + item.name.rpartition(".")[2]
            kind = _TYPES.get(suffix) or mimetypes.guess_type(item.name)[0] or "application/octet-stream"
            self._files[name] = (body, kind, f'"{hashlib.sha256(body).hexdigest()[:16]}"')

    def routes(self) -> list[web.RouteDef]:
        """/ and /static/..."""
        return [web.get("/", self.index), web.get("/static/{path:.+}", self.file)]

    async def index(self, request: web.Request) -> web.Response:
        if "index.html" not in self._files:
            return web.Response(status=503, text=_NO_PAGE, headers=_HEADERS, content_type="text/html", charset="utf-8")
        return self._answer(request, "index.html")

    async def file(self, request: web.Request) -> web.Response:
        return self._answer(request, request.match_info["path"])

    def missing(self, request: web.Request) -> web.Response | None:
        """404 as a page, for who asks for pages; None for a program, which gets the Error."""
        if request.method not in ("GET", "HEAD") or "text/html" not in request.headers.get("Accept", ""):
            return None
        found = self._files.get("missing.html")
        if found is None:
            return None
        body, kind, _ = found
        return web.Response(status=404, body=body, headers=_HEADERS, content_type=kind, charset="utf-8")

    def _answer(self, request: web.Request, name: str) -> web.Response:
        found = self._files.get(name)
        if found is None:
            raise web.HTTPNotFound()
        body, kind, tag = found
        headers = _HEADERS | {"ETag": tag}
        if name.startswith("page/"):  # Vite puts a digest of the content into these names
            headers["Cache-Control"] = _FOREVER
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        charset = "utf-8" if kind.startswith("text/") else None
        return web.Response(body=body, headers=headers, content_type=kind, charset=charset)
