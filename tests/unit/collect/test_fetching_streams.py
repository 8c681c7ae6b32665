"""Connections over asyncio: whole, bounded, broken and encrypted ones, against servers of the standard library."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpcore2
import pytest

from modiste.collect.fetching.streams import Stream, open_stream

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def run(serve: Serve, use: Callable[[Stream], Awaitable[None]], **options: object) -> None:
    async def both() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, **options)  # type: ignore[arg-type]
        stream = await open_stream("127.0.0.1", server.sockets[0].getsockname()[1])
        try:
            await asyncio.wait_for(use(stream), 20)
        finally:
            await stream.aclose()
            server.close()
            await server.wait_closed()

    asyncio.run(both())


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


def test_bytes_arrive_whole_in_pieces_and_few_of_them_wait() -> None:
    sent = bytes(range(256)) * 80_000

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(5) == b"hello"
        writer.write(sent)
        await writer.drain()
        writer.close()

    async def use(stream: Stream) -> None:
        await stream.write(b"hello")
        await asyncio.sleep(0.3)
        # At most a chunk of the event loop beyond the bound; the rest waits at the sender.
        assert stream._inbox._waiting <= 2 * 262_144
        received = bytearray()
        while piece := await stream.read(10_000):
            assert len(piece) <= 10_000
            received += piece
        assert received == sent

    run(serve, use)


def test_nobody_there_has_the_same_reason_everywhere() -> None:
    reasons = set()
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(httpcore2.ConnectError) as caught:
            asyncio.run(open_stream("127.0.0.1", port))
        reasons.add(str(caught.value))
    assert reasons == {"Connection refused"}


def test_broken_connection_is_told_behind_what_arrived() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"half")
        await writer.drain()
        await asyncio.sleep(0.1)
        # With no time to linger the system sends a reset.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def use(stream: Stream) -> None:
        await asyncio.sleep(0.3)
        assert await stream.read(100) == b"half"
        with pytest.raises(httpcore2.ReadError):
            await stream.read(100)
        with pytest.raises(httpcore2.WriteError):
            await stream.write(b"more")

    run(serve, use)


def test_idle_connection_that_the_server_closed_is_told() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        writer.close()

    async def use(stream: Stream) -> None:
        assert not stream.get_extra_info("is_readable")
        await stream.write(b"x")
        await asyncio.sleep(0.2)
        assert stream.get_extra_info("is_readable")
        assert await stream.read(100) == b""

    run(serve, use)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost with its key, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not there to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    words = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return folder


def make_server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readexactly(5))
    await writer.drain()
    writer.close()


def test_encrypted_connection_of_the_right_name(certificate: Path) -> None:
    async def use(plain: Stream) -> None:
        trusting = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
        stream = await plain.start_tls(trusting, "localhost", timeout=10)
        assert stream.get_extra_info("ssl_object").version().startswith("TLS")
        await stream.write(b"hello")
        assert await stream.read(100) == b"hello"
        assert await stream.read(100) == b""

    run(echo, use, ssl=make_server_context(certificate))


@pytest.mark.parametrize("trusted", [True, False])
def test_certificate_of_another_name_or_of_nobody_is_refused(certificate: Path, trusted: bool) -> None:
    async def use(plain: Stream) -> None:
        context = ssl.create_default_context(cafile=str(certificate / "cert.pem") if trusted else None)
        with pytest.raises(httpcore2.ConnectError, match="certificate"):
            await plain.start_tls(context, "elsewhere.example" if trusted else "localhost", timeout=10)
        assert plain.get_extra_info("is_readable")

    run(echo, use, ssl=make_server_context(certificate))


def test_silence_in_place_of_an_encrypted_answer_ends() -> None:
    async def use(plain: Stream) -> None:
        with pytest.raises(httpcore2.ConnectTimeout):
            await plain.start_tls(ssl.create_default_context(), "localhost", timeout=0.2)

    run(say_nothing, use)


def test_bytes_from_before_the_encryption_are_not_trusted() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await reader.read()
        writer.close()

    async def use(plain: Stream) -> None:
        await asyncio.sleep(0.2)
        with pytest.raises(httpcore2.ConnectError, match="before the connection was encrypted"):
            await plain.start_tls(ssl.create_default_context(), "localhost", timeout=5)

    run(serve, use)
