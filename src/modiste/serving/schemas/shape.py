"""What all shapes have in common."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["FieldName", "Given", "ItemId", "Number", "Said", "Shape", "Text", "Value"]

# Letters that no terminal and no page should have to show; XML and SQLite stumble over them, too.
_PLAIN: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

ItemId = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=_PLAIN)]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PLAIN)]
Value = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PLAIN)]
Text = Annotated[str, StringConstraints(max_length=2_000, pattern=_PLAIN)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Shape(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class Given(BaseModel):
    """A part of a request: what is not known is refused, so that a typing error is told."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Said = dict[str, Any]
"""A part of an answer as plain JSON types, before its shape is checked."""
