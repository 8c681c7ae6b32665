"""What the OpenAPI document says of bodies that routes read themselves: pictures, and forms with files."""

from __future__ import annotations

from typing import Any, Final

from modiste.serving.schemas.shape import Said

__all__ = ["FILES_BODY", "PICTURES_BODY", "describe_shape_or_form"]

_BINARY: Final = {"type": "string", "format": "binary"}
_ONE: Final = {"image/*": {"schema": _BINARY}, "application/octet-stream": {"schema": _BINARY}}


def describe_shape_or_form(shape: str, part: str) -> Said:
    """Describe a body that is JSON, or a form with a picture and the same JSON as text.

    Args:
        shape: The name of its schema, such as ``"ItemIn"``.
        part: The name of the text in the form.
    """
    text = {"type": "string", "description": f"{'An' if shape[0] in 'AEIOU' else 'A'} {shape}."}
    json = {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape}"}}}
    return _describe({**json, **_describe_form("picture", {"picture": _BINARY, part: text})})


def _describe(content: Said) -> Said:
    return {"requestBody": {"required": True, "content": content}}


def _describe_form(required: str, properties: dict[str, Any]) -> Said:
    schema = {"type": "object", "required": [required], "properties": properties}
    return {"multipart/form-data": {"schema": schema}}


_BOXES: Final = {
    "type": "array",
    "items": {"type": "string"},
    "description": "One a picture: left,top,width,height in pixels, or empty.",
}

FILES_BODY: Final[Said] = _describe(_describe_form("file", {"file": {"type": "array", "items": _BINARY}}))
"""A form with files, each called ``file``."""

PICTURES_BODY: Final[Said] = _describe(
    {
        **_ONE,
        **_describe_form("pictures", {"pictures": {"type": "array", "items": _BINARY, "minItems": 1}, "boxes": _BOXES}),
    }
)
"""One picture, or a form with several."""
