"""Where a bundle says nothing of a field: of a bag's neck, and of a neck that it can't make out."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modiste.errors import UnknownNameError
from modiste.taxonomy import Taxonomy

__all__ = ["Silence"]


class Silence(BaseModel):
    """When a field that not every product has is said at all.

    Args:
        under: The single field whose answer tells whether a product has this one; None: every product may have it.
        values: The answers of ``under`` with which it has.
        below: The confidence below which nothing is said.

    Raises:
        pydantic.ValidationError: A number is out of its range, or there are values without ``under``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    under: str | None = None
    values: tuple[str, ...] = ()
    below: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0

    @model_validator(mode="after")
    def _check(self) -> Silence:
        if self.under is None and self.values:
            raise ValueError("the values of which field are meant? Name it in 'under'")
        return self

    def check(self, name: str, taxonomy: Taxonomy) -> None:
        """Check that everything named exists.

        Args:
            name: The field that this is of.
            taxonomy: The bundle's fields.

        Raises:
            UnknownNameError: A field or value that the bundle does not have, or a field of many values tells.
        """
        _ = taxonomy[name]
        if self.under is None:
            return
        above = taxonomy[self.under]
        if above.kind != "single" or self.under == name:
            single = [field.name for field in taxonomy if field.kind == "single" and field.name != name]
            raise UnknownNameError("single field that tells of another", self.under, single)
        for value in self.values:
            above.index(value)
