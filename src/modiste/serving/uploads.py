"""Pictures as requests bring them: one as the body, or several as a form, each perhaps with a box."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, TypeVar

from fastapi import Request
from pydantic import BaseModel
from starlette.datastructures import FormData, UploadFile

from modiste.imaging import Box
from modiste.serving.problems import ProblemError
from modiste.serving.schemas.reading import read_shape

__all__ = ["Upload", "get_type", "parse_box", "read_pictures", "read_shape_with_picture"]

_Shape = TypeVar("_Shape", bound=BaseModel)

_FIELD: Final = 1_000_000  # bytes of a form's text
_NAME: Final = 300
_PICTURE_TYPES: Final = ("image/", "application/octet-stream")


class Upload(NamedTuple):
    """A picture that was sent: its name as the sender calls it, its file's content, and the part to look at."""

    name: str
    data: bytes
    box: Box | None = None


async def read_pictures(request: Request, most: int) -> list[Upload]:
    """Read the pictures of a request.

    Args:
        request: Its body is a picture, or a form with files ``pictures`` and perhaps texts ``boxes``.
        most: How many pictures at most.

    Raises:
        ProblemError: There are none, or too many, or a box is none, or the body is something else.
    """
    if get_type(request) != "multipart/form-data":
        return [await _read_picture(request)]
    async with _open_form(request, files=most) as form:
        uploads = [one for one in form.getlist("pictures") if isinstance(one, UploadFile)]
        boxes = [parse_box(one) for one in form.getlist("boxes") if isinstance(one, str)]
        if not uploads:
            raise ProblemError("invalid", "the form has no file called 'pictures'")
        if boxes and len(boxes) != len(uploads):
            raise ProblemError(
                "invalid", f"there are {len(boxes)} boxes for {len(uploads)} pictures; expected one each"
            )
        boxes = boxes or [None] * len(uploads)
        return [await _read_upload(one, box) for one, box in zip(uploads, boxes, strict=True)]


async def _read_picture(request: Request) -> Upload:
    """Read a body that is one picture.

    Raises:
        ProblemError: It is of another type, or empty.
    """
    kind = get_type(request)
    if not kind.startswith(_PICTURE_TYPES):
        raise ProblemError("wrong-type", f"the body is {kind[:_NAME] or 'of no type'}; expected image/*")
    data = await request.body()
    if not data:
        raise ProblemError("bad-picture", "the body is empty; expected a picture's file")
    return Upload("picture", data)


@asynccontextmanager
async def _open_form(request: Request, *, files: int, fields: int = 200) -> AsyncIterator[FormData]:
    """Read a form, and close its files in the end; those beyond a megabyte wait on the disk.

    Raises:
        ProblemError: It is no form.
    """
    if get_type(request) != "multipart/form-data":
        raise ProblemError("wrong-type", f"the body is {get_type(request)[:_NAME]}; expected multipart/form-data")
    async with request.form(max_files=files, max_fields=fields, max_part_size=_FIELD) as form:
        yield form


async def read_shape_with_picture(
    request: Request, shape: type[_Shape], part: str, what: str
) -> tuple[_Shape, Upload | None]:
    """Read a body that is JSON, or a form with a picture and the same JSON as text.

    Args:
        request: The request.
        shape: What the JSON is.
        part: The name of the text in the form.
        what: What the body is, for the problem, such as ``"a search"``.

    Returns:
        What the JSON says, and the picture; None where there is none.

    Raises:
        ProblemError: The body is something else, or the form has no picture.
    """
    kind = get_type(request)
    if kind == "application/json":
        return read_shape(shape, await request.body()), None
    if kind != "multipart/form-data":
        raise ProblemError("wrong-type", f"{what} is application/json, or multipart/form-data with a picture")
    async with _open_form(request, files=2) as form:
        text, picture = form.get(part, "{}"), form.get("picture")
        if not isinstance(picture, UploadFile):
            raise ProblemError("invalid", "the form has no file called 'picture'")
        said = read_shape(shape, text if isinstance(text, str) else await text.read())
        return said, await _read_upload(picture)


async def _read_upload(upload: UploadFile, box: Box | None = None) -> Upload:
    """Read one file of a form."""
    return Upload((upload.filename or "picture")[:_NAME], await upload.read(), box)


def get_type(request: Request) -> str:
    """Return the type of a body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def parse_box(text: str) -> Box | None:
    """Read "left,top,width,height"; an empty text is no box.

    Raises:
        ProblemError: It is not four numbers.

    Example:
        >>> parse_box("10, 0, 40.5, 80")
        (10.0, 0.0, 40.5, 80.0)
    """
    if not text.strip():
        return None
    try:
        numbers: Sequence[Any] = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = ()
    if len(numbers) != 4:
        raise ProblemError("invalid", f"the box {text[:100]!r} is none; expected left,top,width,height in pixels")
    return (numbers[0], numbers[1], numbers[2], numbers[3])
