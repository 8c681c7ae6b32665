"""The public names are the documented ones, and importing the front door costs nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import modiste
from tests.conftest import REPOSITORY

TORCH_FREE = [
    "manifest", "imaging", "synthetic", "readers", "writers", "splits", "bundle", "runtime", "batch", "evaluation",
    "collect", "explore", "catalogue", "serving.app",
]  # fmt: skip


def test_public_names_are_the_documented_ones() -> None:
    page = (REPOSITORY / "docs" / "python.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE)
    assert sorted(documented) == sorted(name for name in modiste.__all__ if not name.startswith("_"))


@pytest.mark.parametrize("name", modiste.__all__)
def test_every_public_name_can_be_had(name: str) -> None:
    assert getattr(modiste, name) is not None


def test_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(AttributeError, match="Tagger"):
        _ = modiste.Taggr


@pytest.mark.parametrize("package", TORCH_FREE)
def test_package_imports_without_torch(package: str) -> None:
    code = f"import sys, modiste.{package}; assert 'torch' not in sys.modules and 'matplotlib' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_front_door_imports_nothing_heavy() -> None:
    code = "import sys, modiste; assert not {'numpy', 'polars', 'onnxruntime', 'pydantic'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_onnxruntime_tells_nobody_and_keeps_no_identifier(tmp_path: Path) -> None:
    bundle = REPOSITORY / "tests" / "golden" / "tiny"
    code = f"from modiste import Tagger; Tagger({str(bundle)!r}, threads=1); import time; time.sleep(0.5)"
    # It is silent by itself where it takes itself to be tested.
    testing = {"CI", "ORT_RUNNING_UNIT_TESTS", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in testing}
    subprocess.run([sys.executable, "-c", code], check=True, env={**environment, "HOME": str(tmp_path)})
    assert not list(tmp_path.rglob("*"))
