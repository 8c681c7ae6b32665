"""What a bundle says about its text encoder: a small network that turns words into vectors of its pictures' space."""

from __future__ import annotations

import hashlib
import json
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

__all__ = ["MOST_TEXT_BYTES", "PieceSpec", "TextSpec"]

MOST_TEXT_BYTES: Final = 8_000_000


class PieceSpec(BaseModel):
    """How words become numbers; `modiste.runtime.word_pieces` carries it out.

    Args:
        scheme: The name of the procedure, word splitting included; another procedure gets another name.
        buckets: How many numbers there are; 0 stands for none.
        shortest: Characters of the shortest piece of a word.
        longest: Characters of the longest piece; the whole word is one too.
        most_words: Words of a text that are read.
        most_pieces: Pieces of a word that are read.

    Raises:
        pydantic.ValidationError: A number is out of its range, or ``longest`` is below ``shortest``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scheme: Literal["characters-crc32"] = "characters-crc32"
    buckets: int = Field(default=32_768, ge=2, le=1 << 20)
    shortest: int = Field(default=3, ge=1, le=10)
    longest: int = Field(default=5, ge=1, le=10)
    most_words: int = Field(default=24, ge=1, le=1000)
    most_pieces: int = Field(default=40, ge=1, le=1000)

    @model_validator(mode="after")
    def _check(self) -> PieceSpec:
        if self.longest < self.shortest:
            raise ValueError(f"pieces of {self.shortest} to {self.longest} characters: the longest is the shorter")
        return self


class TextSpec(BaseModel):
    """The text part of a bundle.

    Args:
        weights: The file name of the ONNX graph inside the bundle's folder; never a path.
        pieces: How words become numbers.
        metrics: What was measured, as free JSON.
        training: How the weights came to be, as free JSON.
        fingerprint: The SHA-256 of the weights, the pieces and the fingerprint of the pictures' part;
            `modiste.bundle.attach_text` fills it in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: str = Field(default="text.onnx", pattern=r"^text[A-Za-z0-9_-]{0,60}\.onnx$")
    pieces: PieceSpec = PieceSpec()
    metrics: dict[str, JsonValue] = {}
    training: dict[str, JsonValue] = {}
    fingerprint: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")

    def compute_fingerprint(self, weights: bytes, *, pictures: str) -> str:
        """Return the SHA-256, in hexadecimal, of all that changes a text's vector or what it may be compared with.

        Args:
            weights: The graph.
            pictures: The fingerprint of the bundle whose pictures the texts are compared with: a text encoder that
                was trained for another bundle is a foreign one.
        """
        answers = {
            "pieces": self.pieces.model_dump(),
            "pictures": pictures,
            "weights_sha256": hashlib.sha256(weights).hexdigest(),
        }
        text = json.dumps(answers, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()
