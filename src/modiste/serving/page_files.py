"""The web page's own files, compressed once, with headers that let it load nothing from anywhere else."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Final, NamedTuple

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, PathLike, StaticFiles
from starlette.types import Scope

from modiste.serving.compressing import accepts_gzip

__all__ = ["PAGE", "PAGE_POLICY", "PageFiles"]

PAGE: Final = Path(__file__).parent / "page"

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of the page: its own files, pictures that the visitor chose, and nothing inline."""

_EMBEDDED: Final = "embed.js"  # other sites' pages load it
_INDEX: Final = "index.html"


class _Packed(NamedTuple):
    """A compressed file, and the time and length of the one it was made of."""

    data: bytes
    made_of: tuple[int, int]


class PageFiles(StaticFiles):
    """Serves the files of the page; an address without a file name is the page itself, whose script reads it.

    Each file is compressed when it is first asked for, as well as gzip can, and kept: they are 180 kB together, and a
    quarter of that as they are sent. A compressed file has a tag of its own, as another representation must.
    """

    def __init__(self, folder: Path = PAGE) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)
        self._packed: dict[str, _Packed] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or the page."""
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or not _asks_for_page(path, scope):
                raise
            path = _INDEX
            response = await super().get_response(path, scope)
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        # Asked for anew each time, and answered with 304 where nothing changed.
        response.headers["Cache-Control"] = "no-cache"
        if path == _EMBEDDED:
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return a file, compressed for those who take that; an empty answer where they have it."""
        headers = Headers(scope=scope)
        response: Response = FileResponse(full_path, status_code, stat_result=stat_result)
        if accepts_gzip(headers):
            told = {
                "ETag": f'{response.headers["etag"][:-1]}-gzip"',
                "Last-Modified": response.headers["last-modified"],
                "Content-Encoding": "gzip",
            }
            response = Response(self._pack(full_path, stat_result), status_code, told, response.media_type)
        response.headers["Vary"] = "Accept-Encoding"
        return NotModifiedResponse(response.headers) if self.is_not_modified(response.headers, headers) else response

    def _pack(self, path: PathLike, found: os.stat_result) -> bytes:
        name, now = os.fspath(path), (found.st_mtime_ns, found.st_size)
        known = self._packed.get(name)
        if known is None or known.made_of != now:
            known = self._packed[name] = _Packed(gzip.compress(Path(name).read_bytes(), 9, mtime=0), now)
        return known.data

    async def check_config(self) -> None:
        """Check nothing: a server without the page still answers."""


def _asks_for_page(path: str, scope: Scope) -> bool:
    is_name = "." in os.path.basename(path)  # noqa: PTH119  (an address, no file)
    is_ours = path.startswith(("v1", "health", "problems"))
    return not is_name and not is_ours and "text/html" in Headers(scope=scope).get("accept", "")
