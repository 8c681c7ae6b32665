"""`[data]`: what is trained on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from modiste.training.recipe.part import RecipePart, Share

__all__ = ["DataRecipe"]

Values = Annotated[tuple[str, ...], Field(min_length=1)]


class DataRecipe(RecipePart):
    """What is trained on: which fields, and which items train, choose and judge."""

    fields: tuple[str, ...] = Field((), description="fields to learn; none named: every field of the data")
    split_file: str | None = Field(None, description="split file beside the recipe; without one, the data's own parts")
    validation: Share = Field(0.1, description="share taken from the training part if nothing says which part chooses")
    attributes: str | None = Field(
        None,
        description="file beside the recipe that makes further fields of the shop's records, such as "
        "'attributes/kaggle.toml'; the data is then read with its details",
    )
    training_only: tuple[str, ...] = Field(
        (), description="fields that are learnt beside the others and left out of the bundle"
    )
    min_count: int = Field(
        1, ge=1, description="a value with fewer training items is not learnt (its labels are masked)"
    )
    min_counts: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict, description="field -> the same for this field, in place of `min_count`"
    )
    combine: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="new field of many values -> the fields it is made of, such as attributes = ['season', 'usage']",
    )
    only: dict[str, Values] = Field(
        default_factory=dict, description="field -> values: items with none of them take no part, not even in choosing"
    )
    merge: dict[str, dict[str, Values]] = Field(
        default_factory=dict, description="field -> value -> the values that become it, after `only`"
    )
    balance_by: str | None = Field(
        None, description="the single field that `cap` and `sample` go by; default: the last one that is learnt"
    )
    cap: float | None = Field(
        None, ge=0.01, le=1000, description="a value keeps at most so many times the mean number of training items"
    )
    sample: int | None = Field(
        None, ge=2, description="training items to keep, after `cap`; each value keeps its share"
    )

    @model_validator(mode="after")
    def _check(self) -> DataRecipe:
        for field, groups in self.merge.items():
            merged = [value for values in groups.values() for value in values]
            twice = sorted({value for value in merged if merged.count(value) > 1})
            if twice:
                raise ValueError(f"merge.{field} makes two values of {', '.join(twice)}; name each value once")
        if self.fields and (unlearnt := sorted(set(self.training_only) - set(self.fields))):
            raise ValueError(f"training_only names {', '.join(unlearnt)}, which fields leaves out; add it to fields")
        if self.balance_by is not None and self.cap is None and self.sample is None:
            raise ValueError("balance_by does nothing without cap or sample; add one, or leave it out")
        return self
