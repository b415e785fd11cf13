"""What docs/operate.md and docs/deploy tell a keeper to do can be done: commands, settings, figures, files."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

import config
from config import ROOT
from courses import schedule
from courses.ground import pulse
from courses.running import backup, figures
from tests import makers
from tests.people import LU, SHEN

DOCS, DEPLOY = ROOT / "docs", ROOT / "docs" / "deploy"
OPERATE = (DOCS / "operate.md").read_text()
TOLD = sorted([DOCS / "operate.md", DOCS / "settings.md", ROOT / "README.md", *DEPLOY.iterdir()])
FOREIGN = {"POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_INITDB_ARGS", "PATH", "PYTHONUNBUFFERED"}


def read_settings() -> set[str]:
    """Return the name of every variable that config.py asks the environment for."""
    source = (ROOT / "config.py").read_text()
    return set(re.findall(r'environ(?:\.get\(|, (?:\w+, )?)"([A-Z][A-Z_]+)"', source))


@pytest.mark.parametrize("file", TOLD, ids=lambda file: file.name)
@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_every_command_that_is_named_exists(app: Flask, file: Path) -> None:
    for words in re.findall(r"flask --app wsgi ((?:[a-z-]+ ?)+)", file.read_text()):
        name, *rest = words.split()
        assert name in app.cli.commands, words
        if name == "tick":
            assert rest[0] in {job.name for job in schedule.JOBS}, words
        if name == "db":
            assert rest[0] in app.cli.commands["db"].commands, words  # type: ignore[attr-defined]


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_every_option_that_is_named_exists(app: Flask) -> None:
    known = {option for command in app.cli.commands.values() for param in command.params for option in param.opts}
    named = set(re.findall(r"`(--[a-z-]+)`", OPERATE)) | {"--name", "--replace", "--moved"}
    assert named <= known


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for file in TOLD:
        assert set(re.findall(r"(?:`|RUN )make ([a-z]+)", file.read_text())) <= targets, file


def test_every_file_that_is_named_exists() -> None:
    for file in (*DEPLOY.iterdir(), DOCS / "operate.md", *(ROOT / "courses" / "running").glob("*.py")):
        for name in re.findall(r"docs/[\w/.-]*\w", file.read_text()):
            assert (ROOT / name).exists() or name.endswith("/.env"), (file, name)
    for name in re.findall(r"`deploy/([\w.*-]+)`", OPERATE):
        assert list(DEPLOY.glob(name)), name
    for path in DEPLOY.iterdir():
        assert path.name in OPERATE or path.suffix in (".service", ".timer"), f"{path.name} is told of nowhere"


def assigned(text: str) -> dict[str, str]:
    return dict(re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", text, re.M))


def test_the_example_of_settings_starts_the_service(tmp_path: Path) -> None:
    given = assigned((DEPLOY / "courses.env").read_text())
    assert set(given) <= read_settings()
    filled = {**given, "INSTANCE": str(tmp_path), "SECRET_KEY": "k" * 64, "METRICS_TOKEN": "t" * 48}
    made = config.read(filled)
    assert (made.mode, made.trusted_proxies, made.port) == ("production", 1, 8000)
    assert made.database_url.startswith("postgresql+psycopg://")
    with pytest.raises(config.SettingError, match="SECRET_KEY"):  # as it is, it invents no secret
        config.read({**given, "INSTANCE": str(tmp_path)})


# The units


UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])


def directives(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in file.read_text().splitlines():
        if "=" in line and not line.startswith(("#", "[")):
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda file: file.name)
def test_a_unit_is_one_to_systemd(unit: Path, tmp_path: Path) -> None:
    """Its paths are those of the machine it is for; here they are replaced by ours before systemd reads it."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for each in UNITS:
        (tmp_path / each.name).write_text(each.read_text().replace("/opt/courses", str(ROOT)))
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)], capture_output=True, text=True
    )
    complaints = [line for line in said.stderr.splitlines() if str(tmp_path) in line or unit.name in line]
    assert complaints == []


@pytest.mark.parametrize("unit", ["courses-web.service", "courses-worker.service", "courses-backup.service"])
def test_a_unit_runs_what_is_there_and_not_as_root(unit: str) -> None:
    said = directives(DEPLOY / unit)
    assert said["User"] == ["courses"]
    assert said["EnvironmentFile"] == ["/etc/courses.env"]
    assert said["ProtectSystem"] == ["strict"]
    [command] = said["ExecStart"]
    program = next(word for word in re.findall(r"/opt/courses/(\S+)", command))
    assert (ROOT / program).exists()
    assert ("wsgi.py" in command) == (unit == "courses-web.service")
    assert shlex.split(command)


def test_the_timer_starts_the_backup() -> None:
    assert directives(DEPLOY / "courses-backup.timer")["OnCalendar"]
    command = directives(DEPLOY / "courses-backup.service")["ExecStart"][0]
    assert "/var/backups/courses" in command
    assert "%%Y" in command  # one % would be systemd's own
    assert "$$(" in command


# nginx


def test_nginx_tells_the_service_what_it_trusts() -> None:
    main, proxy = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "courses-proxy.conf").read_text()
    assert main.count("{") == main.count("}")
    bare = [line.strip() for line in (main + proxy).splitlines() if line.strip() and not line.strip().startswith("#")]
    assert [line for line in bare if not line.endswith((";", "{", "}"))] == []
    headers = dict(re.findall(r"proxy_set_header (\S+) (\S+);", proxy))
    assert headers["X-Forwarded-For"] == "$remote_addr"  # overwritten, not added to: TRUSTED_PROXIES=1
    assert {"Host", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Request-Id"} <= set(headers)
    assert main.count("proxy_pass http://courses;") == main.count("include /etc/nginx/courses-proxy.conf;") == 3
    log = re.search(r"log_format courses '(.*)'", main)
    assert log
    assert not {"$request", "$request_uri", "$args", "$remote_addr", "$http_referer"} & set(log[1].split())


# Prometheus


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_every_alarm_asks_for_figures_that_there_are(app: Flask, client, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    client.get("/privacy")
    pulse.beat("here:1:abc", leads=True)
    backup.back_up(tmp_path / "file")
    text = figures.exposition().decode()
    there = set(re.findall(r"^(\w+)(?:\{| )", text, re.M))
    for rule in rules():
        asked = set(re.findall(r"\bcourses_\w+", rule["expr"]))
        assert asked <= there, rule["alert"]
        assert rule["expr"].count("(") == rule["expr"].count(")")
        for state in re.findall(r'state="(\w+)"', rule["expr"]):
            assert f'state="{state}"' in text
    for name in re.findall(r"`(courses_\w+)`", OPERATE):
        assert name in there or f"{name}_count" in there


def test_every_alarm_says_what_it_means_and_what_to_do() -> None:
    told = dict(re.findall(r"^\| (Courses\w+) \| (.+) \|$", OPERATE, re.M))
    assert set(told) == {rule["alert"] for rule in rules()}
    for rule in rules():
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert len(told[rule["alert"]].split(" | ")) == 2


# Containers


INSTRUCTIONS = {"FROM", "RUN", "WORKDIR", "COPY", "ENV", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"}


def instructions() -> list[tuple[str, str]]:
    text = "\n".join(line for line in (DEPLOY / "Containerfile").read_text().splitlines() if not line.startswith("#"))
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines if line)]


def test_the_container_file_copies_what_there_is_and_runs_it_without_root() -> None:
    said = instructions()
    assert {name for name, _ in said} <= INSTRUCTIONS
    for name, words in said:
        if name == "COPY" and not words.startswith("--from"):
            *sources, _ = words.split()
            assert all((ROOT / source).exists() for source in sources), words
    last = max(number for number, (name, _) in enumerate(said) if name == "FROM")
    final = said[last:]
    assert [words for name, words in final if name == "USER"] == ["10001"]
    environ = dict(re.findall(r"([A-Z]+)=(\S+)", next(words for name, words in final if name == "ENV")))
    assert set(environ) <= read_settings() | FOREIGN
    assert ("EXPOSE", environ["PORT"]) in final
    assert final[-1] == ("CMD", '["python", "wsgi.py"]')


def test_the_image_has_all_that_the_service_is_made_of() -> None:
    """Each folder at the top is either in the image, or of no use to a service."""
    copied = {Path(w).name for name, words in instructions() if name == "COPY" for w in words.split()}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {line.split("/")[0] for line in tracked.splitlines() if "/" in line}
    assert folders - copied == {".ci", "bench", "docs", "tests"}


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_compose_migrates_before_it_serves(app: Flask) -> None:
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = composed["services"]
    assert set(services) == {"database", "migrate", "web", "worker"}
    for name in ("migrate", "web", "worker"):
        service = services[name]
        assert set(service["environment"]) <= read_settings()
        assert service["read_only"]
        assert (DEPLOY / service["build"]["context"]).resolve() == ROOT
        assert (ROOT / service["build"]["dockerfile"]).exists()
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(composed["volumes"])
    for name in ("web", "worker"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert services["migrate"]["command"][-2:] == ["db", "upgrade"]
    assert services["worker"]["command"][-1] in app.cli.commands
    assert "ports" not in services["database"]
    for value in services["web"]["environment"].values():
        assert "password" not in str(value).lower().replace("postgres_password", "")
