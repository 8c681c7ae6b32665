"""The folder of ``modiste demo``: a drawn shop, its pictures, and nothing of anybody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modiste.cli.demo_search import CATALOGUE, LEAST, build_catalogue, forget_catalogue
from modiste.errors import UsageError

if TYPE_CHECKING:
    from modiste.synthetic import DrawnProduct

__all__ = ["FOLDER", "claim_folder", "draw_pictures", "find_drawn_catalogue", "list_files"]

FOLDER = Path("modiste-demo")

_SIZE = (180, 240)
_MARKER = "modiste-demo.json"
_READY = "shop-is-ready"  # written last: a catalogue that was being made when the power went is made anew


def claim_folder(out: Path) -> Path:
    """Make the folder, or take over one that an earlier demo made; nobody else's folder is touched."""
    if out.is_dir() and any(out.iterdir()) and not (out / _MARKER).is_file():
        raise UsageError(f"{out} holds something that 'modiste demo' did not make. Type: modiste demo --out ANOTHER")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; expected a folder to make. Type: modiste demo --out ANOTHER")
    out.mkdir(parents=True, exist_ok=True)
    if not (out / _MARKER).is_file():
        _write(out / _MARKER, b'{"made by": "modiste demo", "files": []}\n')
    return out


def draw_pictures(folder: Path, count: int, seed: int) -> list[DrawnProduct]:
    """Draw a shop into the folder, in the place of what an earlier demo drew."""
    from modiste.synthetic import draw_shop

    drawn = list(_show_progress(draw_shop(count, seed=seed, size=_SIZE), count, "Drawing"))
    _claim_pictures(folder, [_name_picture(item) for item in drawn], searched=len(drawn) >= LEAST)
    for path, item in zip(list_files(folder, drawn), drawn, strict=True):
        _write(path, _to_jpeg(item.picture))
    return drawn


def find_drawn_catalogue(count: int, seed: int, bundle: Path | None) -> Path:
    """Return the catalogue of the drawn shop in the present folder; it is made if there is none.

    Args:
        count: Products to draw.
        seed: Another seed draws another shop.
        bundle: The bundle's folder; by default the one that modiste ships.
    """
    place = FOLDER / CATALOGUE
    folder = claim_folder(FOLDER)
    if (folder / _READY).is_file() and place.is_dir():
        return place
    drawn = draw_pictures(folder, count, seed)
    build_catalogue(folder, drawn, list_files(folder, drawn), bundle).close()
    _write(folder / _READY, b"")
    return place


def _name_picture(item: DrawnProduct) -> str:
    return f"images/{item.picture_id}.jpg"


def list_files(folder: Path, drawn: list[DrawnProduct]) -> list[Path]:
    """Return where the pictures of drawn products are."""
    return [folder / _name_picture(item) for item in drawn]


def _claim_pictures(folder: Path, files: list[str], *, searched: bool) -> None:
    """Remove what an earlier demo made here, by the list it kept, and note what this one is about to make."""
    _forget(folder)
    strangers = [name for name in files if (folder / name).exists()]
    if strangers:
        raise UsageError(f"{folder / strangers[0]} is not of 'modiste demo'. Type: modiste demo --out ANOTHER")
    (folder / "images").mkdir(exist_ok=True)
    made = {"made by": "modiste demo", "files": files, "catalogue": searched}
    _write(folder / _MARKER, json.dumps(made).encode())


def _forget(folder: Path) -> None:
    """Remove what an earlier demo made here, by the list it kept: nothing else."""
    (folder / _READY).unlink(missing_ok=True)
    try:
        made = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
        files, own = made["files"], bool(made.get("catalogue"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        files, own = [], False
    for name in files:
        path = folder / "images" / Path(str(name)).name
        if path.suffix == ".jpg":
            path.unlink(missing_ok=True)
    forget_catalogue(folder, own=own)


def _show_progress(items: Iterator[Any], total: int, what: str) -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=what, total=total, console=Console(stderr=True), transient=True)


def _to_jpeg(picture: Any) -> bytes:
    import io

    data = io.BytesIO()
    picture.save(data, "JPEG", quality=92)
    return data.getvalue()


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)
