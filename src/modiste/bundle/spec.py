"""What a bundle says about itself: ``bundle.json``, checked when it is read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from modiste.bundle.silence import Silence
from modiste.bundle.text import TextSpec
from modiste.errors import BundleError, ModisteError, UnknownNameError
from modiste.imaging import Preprocessing
from modiste.taxonomy import Taxonomy

__all__ = ["FORMAT_VERSION", "BundleSpec"]

FORMAT_VERSION: Final = 3  # 1: pictures alone; 2: with a text encoder; 3: with any of _LATER
_WORDS_VERSION: Final = 2
_PICTURES_VERSION: Final = 1  # what counts in the fingerprint: a text encoder changes nothing for pictures
_ANSWERS = ("fields", "preprocessing", "embedding_size", "temperatures", "thresholds", "doubt")
_LATER = ("joint_temperatures", "silence", "stranger_below")  # older bundles lack them; they count where they are set
_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")

Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Temperature = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class BundleSpec(BaseModel):
    """Everything in a bundle but its weights: what they say, of which pictures, and how sure one may be.

    Args:
        format_version: The lowest version of this format that knows all that the bundle has: 3 with joint temperatures,
            silence or a limit for strangers, 2 with a text encoder, else 1, so that an older modiste goes on to read
            what it knows; a newer one than `FORMAT_VERSION` is refused.
        name: A short name for people, such as ``"modiste-lite0"``; it changes no answer.
        fields: The taxonomy, as `Taxonomy.to_json` gives it; the columns of the logits follow its order.
        preprocessing: The numbers of `modiste.imaging.Preprocessing`.
        embedding_size: The width of the embedding.
        temperatures: Single or multi field -> what its logits are divided by; 1 where a field is missing.
        joint_temperatures: Single field -> what the logarithms of its probabilities are divided by after all fields
            were decoded together: their part above log(1/2), and their part below
            (`modiste.evaluation.fit_two_temperatures`); 1 where a field is missing.
        thresholds: Multi field -> value -> the score from which the value is said; 0.5 where one is missing.
        doubt: Field -> the confidence below which its answer is doubtful; 0 (never) where a field is missing.
        silence: Field -> where nothing is said of it; every picture gets an answer where a field is missing.
        stranger_below: The familiarity (`modiste.runtime.NetworkOutput`) below which a picture is taken for no fashion
            product at all; None where the graph does not tell.
        metrics: What was measured, as free JSON.
        training: How the weights came to be, as free JSON: recipe, command, data, seed, licence.
        weights: The file name of the ONNX graph inside the bundle's folder; never a path.
        text: The text encoder, where the bundle has one; it is no part of the fingerprint, and has its own.
        fingerprint: The SHA-256 of the weights and of all that changes an answer; `write_bundle` fills it in.

    Raises:
        pydantic.ValidationError: A number is out of its range, or a field or value is named that does not exist.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: int = Field(default=_PICTURES_VERSION, ge=1)
    name: str = Field(min_length=1, max_length=200)
    fields: list[dict[str, JsonValue]] = Field(min_length=1)
    preprocessing: dict[str, JsonValue]
    embedding_size: int = Field(ge=1, le=65_536)
    temperatures: dict[str, Temperature] = {}
    joint_temperatures: dict[str, tuple[Temperature, Temperature]] = {}
    thresholds: dict[str, dict[str, Probability]] = {}
    doubt: dict[str, Probability] = {}
    silence: dict[str, Silence] = {}
    stranger_below: float | None = Field(default=None, allow_inf_nan=False)
    metrics: dict[str, JsonValue] = {}
    training: dict[str, JsonValue] = {}
    weights: str = "model.onnx"
    text: TextSpec | None = None
    fingerprint: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")

    @field_validator("weights")
    @classmethod
    def _check_weights(cls, name: str) -> str:
        if not _FILE_NAME.fullmatch(name) or name in ("bundle.json", "card.md"):
            raise ValueError(f"the weights are a file inside the bundle's folder, such as 'model.onnx'; got {name!r}")
        return name

    @model_validator(mode="after")
    def _check_version(self) -> BundleSpec:
        if self.format_version != self.needed_version:
            raise ValueError(
                f"format {self.format_version} {'without' if self.text is None else 'with'} a text encoder, and with "
                f"{[name for name in _LATER if self._has(name)]} of {list(_LATER)}; expected {self.needed_version}"
            )
        return self

    @model_validator(mode="after")
    def _check_names(self) -> BundleSpec:
        try:
            for name in (*self.temperatures, *self.joint_temperatures, *self.thresholds, *self.doubt):
                _ = self.taxonomy[name]
            for name, thresholds in self.thresholds.items():
                _check_thresholds(self.taxonomy, name, thresholds)
            for name, silence in self.silence.items():
                silence.check(name, self.taxonomy)
            _ = self.resize
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"the fields or the preprocessing can't be read: {error!r}") from error
        except ModisteError as error:
            raise ValueError(str(error)) from error
        return self

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The fields that the logits speak of, in the logits' order."""
        return Taxonomy.from_json(self.fields)

    @cached_property
    def resize(self) -> Preprocessing:
        """The preprocessing as an object that prepares pictures."""
        return Preprocessing.from_json(self.preprocessing)

    @property
    def number_of_values(self) -> int:
        """The width of the logits: the values of all fields together."""
        return sum(len(field) for field in self.taxonomy)

    @property
    def needed_version(self) -> int:
        """The lowest version of the format that knows all that the bundle has."""
        if any(self._has(name) for name in _LATER):
            return FORMAT_VERSION
        return _PICTURES_VERSION if self.text is None else _WORDS_VERSION

    def compute_fingerprint(self, weights: bytes) -> str:
        """Return the SHA-256, in hexadecimal, of some weights and of all in this spec that changes an answer.

        The name, the metrics, the training and the card are left out: correcting a word in them must not make
        every catalogue that was built with the bundle refuse it.
        """
        later = {name for name in _LATER if self._has(name)}
        answers = {"format_version": _PICTURES_VERSION, **self.model_dump(include={*_ANSWERS, *later})}
        answers["weights_sha256"] = hashlib.sha256(weights).hexdigest()
        text = json.dumps(answers, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def with_text(self, text: TextSpec | None) -> BundleSpec:
        """Return the spec with another text encoder, or with none; what is said of pictures stays."""
        spec = self.model_copy(update={"text": text})
        return spec.model_copy(update={"format_version": spec.needed_version})

    def to_text(self) -> str:
        """Return the text of ``bundle.json``."""
        # What is not there is left out: older formats do not know the keys.
        data = self.model_dump(exclude={name for name in ("text", *_LATER) if not self._has(name)})
        data["format_version"] = self.needed_version
        return json.dumps(data, indent=1, ensure_ascii=False) + "\n"

    def _has(self, name: str) -> bool:
        return getattr(self, name) not in (None, {})

    @classmethod
    def from_text(cls, text: str | bytes) -> BundleSpec:
        """Read what `to_text` wrote.

        Raises:
            BundleError: The text is not a bundle's, or was written by a newer modiste.
        """
        try:
            data = json.loads(text)
            _refuse_newer(data)
            return cls.model_validate(data)
        except (ValueError, RecursionError) as error:
            raise BundleError(f"bundle.json can't be read: {error}") from error


def _check_thresholds(taxonomy: Taxonomy, name: str, thresholds: Mapping[str, float]) -> None:
    field = taxonomy[name]
    if field.kind != "multi":
        raise UnknownNameError("multi field", name, [item.name for item in taxonomy if item.kind == "multi"])
    for value in thresholds:
        field.index(value)


def _refuse_newer(data: Any) -> None:
    version = data.get("format_version") if isinstance(data, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise BundleError(
            f"the bundle's format is {version}, this modiste reads up to {FORMAT_VERSION}. "
            "Type: pip install --upgrade modiste"
        )
