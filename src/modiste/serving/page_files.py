"""The web page's own files, with headers that let it load nothing from anywhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

__all__ = ["PAGE", "PAGE_POLICY", "PageFiles"]

PAGE: Final = Path(__file__).parent / "page"

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of the page: its own files, pictures that the visitor chose, and nothing inline."""

_EMBEDDED: Final = "embed.js"  # other sites' pages load it
_INDEX: Final = "index.html"


class PageFiles(StaticFiles):
    """Serves the files of the page; an address without a file name is the page itself, whose script reads it."""

    def __init__(self, folder: Path = PAGE) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)

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

    async def check_config(self) -> None:
        """Check nothing: a server without the page still answers."""


def _asks_for_page(path: str, scope: Scope) -> bool:
    is_name = "." in os.path.basename(path)  # noqa: PTH119  (an address, no file)
    is_ours = path.startswith(("v1", "health", "problems"))
    return not is_name and not is_ours and "text/html" in Headers(scope=scope).get("accept", "")
