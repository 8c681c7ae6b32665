"""Hostile uploads as they go over a connection: bodies in every route that takes one, and senders that misbehave."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import quote

from modiste.bench.serving.bodies import ARCHIVES, JSON_BODIES, NAMES, NO_PICTURES, ODD_PICTURES
from modiste.bench.serving.wire import Part, build_form, build_request

__all__ = ["KINDS", "Upload", "draw_uploads"]

_JPEG: Final = "image/jpeg"
_JSON: Final = "application/json"
_HEAD: Final = f"POST /v1/tag HTTP/1.1\r\nhost: localhost\r\ncontent-type: {_JPEG}\r\n"
_BOUNDARY: Final = "multipart/form-data; boundary=x"
_IDS: Final = ("..%2F..%2Fescape", "%00", "..", "%2e%2e%2f", "a%0Ab", "%FF%FE", "a" * 600, "%25%32%46", "escape%5C..")


@dataclass(frozen=True)
class Upload:
    """A request that somebody sends who means no good.

    Args:
        kind: What it tries.
        pieces: What is sent, one after the other.
        pause: Seconds between two pieces.
        hangs_up: Whether the sender then leaves without waiting for an answer.
        statuses: The answers that it may get, beside 429 and 503; the first digit stands for all that begin with it.
    """

    kind: str
    pieces: tuple[bytes, ...]
    pause: float = 0.0
    hangs_up: bool = False
    statuses: tuple[str, ...] = ("4",)


Draw = Callable[[str, random.Random, bytes], Upload]


def draw_uploads(count: int, *, seed: int, good: bytes) -> Iterator[Upload]:
    """Draw uploads, the kinds in turns.

    Args:
        count: How many.
        seed: The same seed draws the same ones.
        good: A sound JPEG.

    Example:
        >>> next(draw_uploads(1, seed=0, good=b"x" * 100)).kind in KINDS
        True
    """
    rng, kinds = random.Random(seed), list(KINDS.items())  # noqa: S311  (nothing secret)
    for number in range(count):
        kind, draw = kinds[number % len(kinds)]
        yield draw(kind, rng, good)


def _send_no_picture(name: str, kind: str, rng: random.Random, good: bytes) -> Upload:
    """Send what is no picture to a route that wants one; in a form, its neighbours still get their answers."""
    body = NO_PICTURES[name](rng, good)
    way = rng.randrange(4)
    if way == 0:
        path = rng.choice(("/v1/tag", "/v1/embed", "/v1/explain?field=articleType"))
        request = build_request("POST", path, body, content_type=rng.choice((_JPEG, "image/png", "image/x")))
        return Upload(kind, (request,), statuses=("422",))
    if way == 1:
        form = build_form([Part("pictures", body, "a.jpg", _JPEG), Part("pictures", good, "b.jpg", _JPEG)])
        return Upload(kind, (_post(rng.choice(("/v1/tag", "/v1/embed")), *form),), statuses=("200",))
    if way == 2:
        form = build_form([Part("picture", body, rng.choice(NAMES), _JPEG), Part("query", b'{"k": 3}')])
        return Upload(kind, (_post("/v1/search", *form),))
    form = build_form([Part("picture", body, rng.choice(NAMES), _JPEG), Part("item", b'{"title": "x"}')])
    return Upload(kind, (build_request("PUT", f"/v1/items/{rng.choice(_IDS)}", form[0], content_type=form[1]),))


def _send_odd_picture(name: str, kind: str, rng: random.Random, good: bytes) -> Upload:
    body = ODD_PICTURES[name](rng, good)
    path = rng.choice(("/v1/tag", "/v1/embed", "/v1/explain?field=articleType"))
    return Upload(kind, (build_request("POST", path, body, content_type=_JPEG),), statuses=("200", "422"))


def _send_archive(name: str, kind: str, rng: random.Random, good: bytes) -> Upload:
    suffix = ".csv" if "table" in name else ".zip"
    body, content_type = build_form([Part("file", ARCHIVES[name](rng, good), f"batch{suffix}")])
    return Upload(kind, (_post("/v1/jobs", body, content_type),), statuses=("202", "4"))


def _send_json(name: str, kind: str, rng: random.Random, good: bytes) -> Upload:
    body = JSON_BODIES[name](rng, good)
    method, path = rng.choice(
        (
            ("POST", "/v1/search"),
            ("POST", "/v1/items/bulk"),
            ("PUT", "/v1/items/escape"),
            ("PATCH", "/v1/items/escape"),
            ("POST", "/v1/items/escape/opinions"),
        )
    )
    return Upload(kind, (build_request(method, path, body, content_type=_JSON),))


def _send_name(kind: str, rng: random.Random, good: bytes) -> Upload:
    names = rng.sample(NAMES, 3)
    if rng.random() < 0.5:
        parts = [Part("file", good if rng.random() < 0.5 else b"x", name, _JPEG) for name in names]
        return Upload(kind, (_post("/v1/jobs", *build_form(parts)),), statuses=("202", "4"))
    return Upload(
        kind, (_post("/v1/tag", *build_form([Part("pictures", good, name) for name in names])),), statuses=("200", "4")
    )


def _send_id(kind: str, rng: random.Random, good: bytes) -> Upload:
    path = f"/v1/items/{rng.choice(_IDS)}" + rng.choice(("", "/picture", "/similar", "/opinions", "/variants"))
    return Upload(kind, (build_request("GET", path),), statuses=("200", "4"))


def _send_path(kind: str, rng: random.Random, good: bytes) -> Upload:
    paths = (
        "/..%2f..%2fetc/passwd",
        "/../../etc/passwd",
        "/%2e%2e/etc/passwd",
        "/js/%00",
        "/css/..%5c..%5c",
        "//etc/passwd",
    )
    return Upload(kind, (build_request("GET", rng.choice((*paths, "/" + "a" * 5000))),))


def _claim_length(kind: str, rng: random.Random, good: bytes) -> Upload:
    claimed = rng.choice(("999999999999999", "-1", "1e9", "0x10", "9" * 400, "12, 13", ""))
    head = f"{_HEAD}content-length: {claimed}\r\n\r\n"
    return Upload(kind, (head.encode() + good,))


def _send_two_lengths(kind: str, rng: random.Random, good: bytes) -> Upload:
    more = rng.choice(("content-length: 7", "transfer-encoding: chunked", "transfer-encoding: gzip"))
    head = f"{_HEAD}content-length: {len(good)}\r\n{more}\r\n\r\n"
    # Whatever is believed, the body is none: it may be read as chunks that never end, and is then waited for.
    return Upload(kind, (head.encode() + good,), hangs_up=more.endswith("chunked"))


def _send_large(kind: str, rng: random.Random, good: bytes) -> Upload:
    body = bytes(26_000_000)
    if rng.random() < 0.5:
        return Upload(kind, (build_request("POST", "/v1/tag", body, content_type=_JPEG),))
    chunk = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
    head = f"{_HEAD}transfer-encoding: chunked\r\n\r\n"
    return Upload(kind, (head.encode(), *([chunk] * 30)))


def _send_bad_chunks(kind: str, rng: random.Random, good: bytes) -> Upload:
    chunk = rng.choice((b"fffffffffffffffff\r\n", b"-5\r\n", b"zz\r\n", b"5;" + b"x" * 70_000, b"\r\n\r\n"))
    head = f"{_HEAD}transfer-encoding: chunked\r\n\r\n"
    return Upload(kind, (head.encode() + chunk,), hangs_up=True)


def _send_half(kind: str, rng: random.Random, good: bytes) -> Upload:
    path = rng.choice(("/v1/tag", "/v1/jobs", "/v1/search"))
    body, content_type = build_form([Part("pictures", good, "a.jpg"), Part("file", good, "b.jpg")])
    whole = _post(path, body, content_type)
    return Upload(kind, (whole[: rng.randrange(20, len(whole) - 1)],), hangs_up=True)


def _send_slowly(kind: str, rng: random.Random, good: bytes) -> Upload:
    whole = _post("/v1/tag", good, _JPEG)
    start = whole.index(b"\r\n\r\n") + 4
    return Upload(kind, (whole[:start], *(bytes([byte]) for byte in whole[start : start + 200])), pause=0.2)


def _send_parts(kind: str, rng: random.Random, good: bytes) -> Upload:
    parts = [Part(rng.choice(("pictures", "x", "file")), b"x", "a.jpg") for _ in range(rng.randrange(300, 5_000))]
    path = rng.choice(("/v1/tag", "/v1/search"))
    return Upload(kind, (_post(path, *build_form(parts)),))


def _send_form_header(kind: str, rng: random.Random, good: bytes) -> Upload:
    huge = b"x-huge: " + b"a" * rng.randrange(20_000, 2_000_000)
    name = b'content-disposition: form-data; name="pictures"; filename="a.jpg"'
    body = (
        b"--x\r\n" + rng.choice((huge, b"\r\n".join([b"x: y"] * 50_000))) + b"\r\n" + name + b"\r\n\r\nx\r\n--x--\r\n"
    )
    path = rng.choice(("/v1/tag", "/v1/jobs"))
    return Upload(kind, (_post(path, body, _BOUNDARY),), statuses=("200", "202", "4"))


def _send_bad_form(kind: str, rng: random.Random, good: bytes) -> Upload:
    body, _ = build_form([Part("pictures", good, "a.jpg"), Part("file", good, "b.jpg")])
    kinds = ("multipart/form-data", "multipart/form-data; boundary=", f"multipart/form-data; boundary={'b' * 5000}")
    return Upload(
        kind, (_post(rng.choice(("/v1/tag", "/v1/jobs")), body, rng.choice((*kinds, "multipart/mixed; boundary=x"))),)
    )


def _send_field(kind: str, rng: random.Random, good: bytes) -> Upload:
    parts = [Part("picture", good, "a.jpg"), Part("query", b'{"text": "' + b"x" * 3_000_000 + b'"}')]
    return Upload(kind, (_post("/v1/search", *build_form(parts)),))


def _send_boxes(kind: str, rng: random.Random, good: bytes) -> Upload:
    box = rng.choice((b"nan,nan,nan,nan", b"1e308,0,1e308,1", b"-5,-5,0,0", b"0,0,inf,inf", b"1,2,3", b"0,0,0,0"))
    return Upload(
        kind,
        (_post("/v1/tag", *build_form([Part("pictures", good, "a.jpg"), Part("boxes", box)])),),
        statuses=("200", "4"),
    )


def _send_encoded(kind: str, rng: random.Random, good: bytes) -> Upload:
    body = NO_PICTURES["a bomb of gzip"](rng, good)
    headers = [("content-encoding", "gzip")]
    return Upload(kind, (build_request("POST", "/v1/tag", body, content_type=_JPEG, headers=headers),))


def _send_headers(kind: str, rng: random.Random, good: bytes) -> Upload:
    headers = [(f"x-{number}", "y" * rng.randrange(100)) for number in range(rng.randrange(500, 3_000))]
    return Upload(
        kind, (build_request("POST", "/v1/tag", good, content_type=_JPEG, headers=headers),), statuses=("2", "4")
    )


def _send_noise(kind: str, rng: random.Random, good: bytes) -> Upload:
    return Upload(kind, (b"\x16\x03\x01" + rng.randbytes(rng.randrange(10, 2_000)) + b"\r\n\r\n",), hangs_up=True)


def _send_question(kind: str, rng: random.Random, good: bytes) -> Upload:
    where = rng.choice(
        ("not (" * 1_900, " or ".join(["price < 1"] * 900), "title like '" + "%a" * 2_000 + "'", "'" * 999)
    )
    text = rng.choice(("a " * 900, "\u0430\u0301" * 900, "'; drop table items; --", "NEAR(" * 300, '"' * 999))
    path = rng.choice((f"where={quote(where)}", f"text={quote(text)}&k=200", "k=999999999", "facets=" + "x," * 900))
    return Upload(kind, (build_request("GET", f"/v1/search?{path}"),), statuses=("200", "4"))


def _post(path: str, body: bytes, content_type: str) -> bytes:
    return build_request("POST", path, body, content_type=content_type)


KINDS: Final[Mapping[str, Draw]] = {
    **{f"no picture: {name}": partial(_send_no_picture, name) for name in NO_PICTURES},
    **{f"odd picture: {name}": partial(_send_odd_picture, name) for name in ODD_PICTURES},
    **{f"batch: {name}": partial(_send_archive, name) for name in ARCHIVES},
    **{f"JSON: {name}": partial(_send_json, name) for name in JSON_BODIES},
    "names of files": _send_name,
    "ids of items": _send_id,
    "paths of the page": _send_path,
    "a length that is none": _claim_length,
    "two lengths": _send_two_lengths,
    "more than the limit": _send_large,
    "chunks that are none": _send_bad_chunks,
    "half a body": _send_half,
    "a slow body": _send_slowly,
    "too many parts": _send_parts,
    "a huge header in a form": _send_form_header,
    "a form without a boundary": _send_bad_form,
    "a huge field": _send_field,
    "boxes that are none": _send_boxes,
    "an encoded bomb": _send_encoded,
    "too many headers": _send_headers,
    "no HTTP": _send_noise,
    "questions": _send_question,
}
"""What is tried -> who draws it."""
