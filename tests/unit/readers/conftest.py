"""Small layouts that a test writes itself: a folder, or the same as a zip, or as a zip within a zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Layout = Callable[[Mapping[str, str | bytes]], Path]


def _to_bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def write_zip(files: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, _to_bytes(content))
    return buffer.getvalue()


def write_folder(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_to_bytes(content))
    return root


@pytest.fixture
def folder(tmp_path: Path) -> Layout:
    """Write files below a folder and return it."""
    return lambda files: write_folder(tmp_path / "data", files)


@pytest.fixture(params=["folder", "zip", "nested zip", "folder of one zip"])
def layout(request: pytest.FixtureRequest, tmp_path: Path) -> Layout:
    """Write the same files as a folder, an archive, an archive in an archive, or a folder that holds one archive."""

    def write(files: Mapping[str, str | bytes]) -> Path:
        if request.param == "folder":
            return write_folder(tmp_path / "data", files)
        if request.param == "folder of one zip":
            return write_folder(tmp_path / "data", {"set.zip": write_zip(files)})
        packed = write_zip(files)
        path = tmp_path / "data.zip"
        path.write_bytes(write_zip({"inner.zip": packed}) if request.param == "nested zip" else packed)
        return path

    return write
