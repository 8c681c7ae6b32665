"""The shape of every error."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from modiste.serving.problems import KINDS, MEDIA_TYPE, ProblemError
from modiste.serving.schemas.shape import Shape

__all__ = ["EVERYWHERE", "Place", "Problem", "list_problems"]

_EXAMPLES: Final = {
    "bad-request": "nothing is looked for; give one of image, item and vector, or text, or both",
    "bad-filter": "expected a value after <=, found the end: price <=",
    "key-missing": "no key was sent",
    "not-allowed": "the key 'shop page' may read, not write",
    "not-found": "there is no item '10099'",
    "too-slow-body": "after 20 seconds 1,024 bytes had come",
    "conflict": "the catalogue was rebuilt with another bundle",
    "too-large": "the body has more than 25,000,000 bytes",
    "wrong-type": "the body is text/plain",
    "invalid": "body.price: Input should be a valid number",
    "bad-picture": "the JPEG file is damaged or cut short",
    "too-many": "more than 10 requests a second",
    "too-long": "the address and the headers have more than 60,000 bytes",
    "failed": "the request 8f2c could not be answered",
    "overloaded": "128 requests are under way",
    "too-slow": "it took more than 20 seconds",
}


class Place(Shape):
    """A place in a request, and what is wrong there."""

    where: str = Field(examples=["body.price"])
    reason: str = Field(examples=["Input should be a valid number"])


class Problem(Shape):
    """What went wrong (RFC 9457), and what to do next."""

    type: str = Field(description="What kind of problem it is.", examples=["/problems/not-found"])
    title: str = Field(description="The kind in a few words.", examples=["There is no such thing"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(description="What was given, and what was expected.", examples=["there is no item '10099'"])
    next: str = Field(description="What helps.", examples=["Check the address."])
    places: list[Place] | None = Field(default=None, description="Where in the request.", examples=[[]])


def list_problems(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Return the answers that an operation may give when it fails, for the OpenAPI document, with an example each.

    Args:
        kinds: Names of `KINDS`.
    """
    answers: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        answer = answers.setdefault(
            KINDS[kind].status,
            {
                "description": KINDS[kind].title,
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        said = ProblemError(kind, _EXAMPLES.get(kind, "")).to_json()
        answer["content"][MEDIA_TYPE]["examples"][kind] = {"value": said}
    return answers


EVERYWHERE: Final = list_problems(
    "bad-request", "key-missing", "not-allowed", "too-slow-body", "conflict", "too-large", "wrong-type", "invalid",
    "too-many", "too-long", "failed", "overloaded", "too-slow",
)  # fmt: skip
