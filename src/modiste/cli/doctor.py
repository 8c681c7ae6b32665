"""``modiste doctor``: what is installed, which bundle is used, and what would help."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from modiste import __version__
from modiste.errors import ModisteError

__all__ = ["diagnose", "doctor"]

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


def doctor(
    bundle: Annotated[Path | None, typer.Option(help="Folder of a bundle; by default the one inside modiste.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs and bug reports.")] = False,
) -> None:
    """Say what is installed, which bundle is used, and what would help.

    The exit code is 0 if pictures can be tagged, and 1 if not.

    Examples:

        modiste doctor

        modiste doctor --json
    """
    found = diagnose(bundle)
    typer.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else _describe(found))
    if not found["works"]:
        raise typer.Exit(1)


def diagnose(bundle: Path | None = None) -> dict[str, Any]:
    """Look at everything that tagging needs, and at what else there is.

    Args:
        bundle: Folder of a bundle; by default the one that modiste ships.

    Returns:
        JSON types: ``works``, ``modiste``, ``python``, ``system``, ``cores``, ``base``, ``extras``, ``providers``,
        ``formats``, ``bundle`` and ``advice`` (lines for people).
    """
    base, extras = _look_at_packages()
    missing = [name for name, version in base.items() if version is None]
    # Without its packages nothing else can be looked at.
    rest = {"cores": None, "providers": [], "formats": {}, "bundle": None} if missing else _look_inside(bundle)
    found: dict[str, Any] = {
        "modiste": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "base": base,
        "extras": extras,
        **rest,
    }
    found["works"] = not missing and "error" not in found["bundle"]
    found["advice"] = _advise(found, missing)
    return found


def _look_inside(bundle: Path | None) -> dict[str, Any]:
    import onnxruntime

    from modiste.runtime import count_cores

    return {
        "cores": count_cores(),
        "providers": onnxruntime.get_available_providers(),
        "formats": _look_at_formats(),
        "bundle": _look_at_bundle(bundle),
    }


def _look_at_packages() -> tuple[dict[str, str | None], dict[str, dict[str, str | None]]]:
    base: dict[str, str | None] = {}
    extras: dict[str, dict[str, str | None]] = {}
    for requirement in importlib.metadata.requires("modiste") or []:
        match, extra = _REQUIREMENT.match(requirement), _EXTRA.search(requirement)
        if match is None or match[1] == "modiste":
            continue
        group = base if extra is None else extras.setdefault(extra[1], {})
        group[match[1]] = _find_version(match[1])
    return base, extras


def _find_version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _look_at_formats() -> dict[str, bool]:
    from PIL import features

    always = dict.fromkeys(("JPEG", "PNG", "GIF", "BMP", "TIFF"), True)
    return {
        **always,
        "WebP": bool(features.check("webp")),
        "AVIF": bool(features.check("avif")),
        "HEIC": _find_version("pillow-heif") is not None,
    }


def _look_at_bundle(path: Path | None) -> dict[str, Any]:
    from modiste.bundle import SHIPPED, Bundle
    from modiste.runtime import Network

    try:
        opened = Bundle.open(path)
        Network(opened, threads=1)
    except ModisteError as error:
        return {"path": str(path or SHIPPED), "error": str(error)}
    return {
        "path": str(opened.path),
        "name": opened.spec.name,
        "fingerprint": opened.fingerprint,
        "verified": True,
        "fields": {field.name: len(field) for field in opened.taxonomy},
        "picture": f"{opened.preprocessing.width} x {opened.preprocessing.height}",
        "bytes": (opened.path / opened.spec.weights).stat().st_size,
    }


def _advise(found: dict[str, Any], missing: list[str]) -> list[str]:
    if missing:
        return [f"modiste lacks {', '.join(missing)}. Type: pip install --force-reinstall modiste"]
    advice = [found["bundle"]["error"]] if "error" in found["bundle"] else []
    advice += [
        f"for '{extra}' type: pip install 'modiste[{extra}]'"
        for extra, packages in found["extras"].items()
        if extra != "dev" and None in packages.values()
    ]
    lines = {"AVIF": "pip install 'pillow>=11.3'", "HEIC": "pip install pillow-heif"}
    advice += [f"to read {name} type: {line}" for name, line in lines.items() if not found["formats"][name]]
    if found["cores"] == 1:
        advice.append("only one core may be used; tagging gets faster with each further one")
    return advice


def _describe(found: dict[str, Any]) -> str:
    lines = [
        f"modiste {found['modiste']}, Python {found['python']}, {found['system']}, {found['cores']} cores",
        f"base      {_list_packages(found['base'])}",
        *(f"{extra:<9} {_list_packages(packages)}" for extra, packages in found["extras"].items()),
        # All that modiste asks of onnxruntime; what else it could do would only puzzle.
        f"runs on   the processor ({', '.join(name for name in found['providers'] if name.startswith('CPU'))})",
        f"reads     {', '.join(name for name, there in found['formats'].items() if there)}",
        *_describe_bundle(found["bundle"]),
        *(f"advice    {line}" for line in found["advice"]),
        "modiste works" if found["works"] else "modiste does not work yet",
    ]
    return "\n".join(lines)


def _list_packages(packages: dict[str, str | None]) -> str:
    return ", ".join(f"{name} {version or 'MISSING'}" for name, version in packages.items())


def _describe_bundle(bundle: dict[str, Any] | None) -> list[str]:
    if bundle is None or "error" in bundle:
        return []
    fields = ", ".join(f"{name} ({values})" for name, values in bundle["fields"].items())
    return [
        f"bundle    {bundle['name']}, {bundle['bytes'] / 1e6:.1f} MB, pictures of {bundle['picture']}, verified",
        f"          {bundle['path']}",
        f"          {bundle['fingerprint']}",
        f"fields    {fields}",
    ]
