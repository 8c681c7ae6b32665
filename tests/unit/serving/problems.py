"""What every error must look like."""

from __future__ import annotations

from typing import Any

from modiste.serving.problems import KINDS


def check_problem(answer: Any, kind: str, *words: str) -> dict[str, Any]:
    """Check that an answer is a problem of some kind whose detail has some words; return it."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    said = answer.json()
    assert (said["type"], answer.status_code) == (f"/problems/{kind}", KINDS[kind].status), said
    assert {"type", "title", "status", "detail", "next"} <= set(said)
    assert said["status"] == answer.status_code and said["next"] and said["title"]
    assert all(word in said["detail"] for word in words), said["detail"]
    return said
