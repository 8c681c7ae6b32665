"""Hostile uploads repeat with their seed, what is called no picture is none, and a server that gives way is found."""

from __future__ import annotations

import io
import random
import socket
import threading
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from modiste.bench.serving.bodies import NO_PICTURES
from modiste.bench.serving.sending import send_upload
from modiste.bench.serving.uploads import KINDS, Upload, draw_uploads
from modiste.errors import PictureError
from modiste.imaging import decode_picture
from modiste.imaging.limits import DecodeLimits


@pytest.fixture(scope="module")
def good() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)).save(file, "JPEG")
    return file.getvalue()


def test_the_same_seed_draws_the_same_uploads(good: bytes) -> None:
    count = len(KINDS) + 3
    first, second = (list(draw_uploads(count, seed=4, good=good)) for _ in range(2))
    assert first == second
    assert Counter(one.kind for one in first) == Counter([*KINDS, *list(KINDS)[:3]])
    assert first != list(draw_uploads(count, seed=5, good=good))


@pytest.mark.parametrize("name", NO_PICTURES)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_called_no_picture_is_none(name: str, seed: int, good: bytes) -> None:
    body = NO_PICTURES[name](random.Random(seed), good)
    with pytest.raises(PictureError):
        decode_picture(body, limits=DecodeLimits(max_bytes=25_000_000, max_pixels=40_000_000))


def send_to(reply: bytes | None, upload: Upload) -> tuple[int | None, bool]:
    """Send an upload to a server that says one thing, or hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1 << 16)
                if reply:
                    connection.sendall(reply)

        thread = threading.Thread(target=answer)
        thread.start()
        outcome = send_upload(listener.getsockname()[1], upload, patience=5)
        thread.join()
    return outcome.status, outcome.is_fine


@pytest.mark.parametrize(
    ("status", "fine"), [(200, False), (422, True), (500, False), (502, False), (503, True), (429, True), (418, True)]
)
def test_only_answers_that_are_due_are_fine(status: int, fine: bool) -> None:
    reply = f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode()
    assert send_to(reply, Upload("x", (b"POST / HTTP/1.1\r\n\r\n",))) == (status, fine)


def test_no_answer_is_fine_only_for_those_who_hang_up() -> None:
    assert send_to(None, Upload("x", (b"POST / HTTP/1.1\r\n\r\n",))) == (None, False)
    assert send_to(None, Upload("x", (b"POST / HT",), hangs_up=True)) == (None, True)
