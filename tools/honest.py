"""A pytest plugin: run every test that this machine can run, and say plainly which it could not.

    python -m pytest -p tools.honest            leaves out what lacks its program, and says so at the end
    STRICT=1 python -m pytest -p tools.honest   fails when a program is missing or a test was skipped
    PROOF=whole ...                             runs the tests marked `proof` too

Under pytest-xdist (`--dist loadgroup`) tests that fill the machine by themselves (`browser`, `concurrency`)
go to one process one after another, so that none of them runs beside its like. Those that only look at a page (`looks`)
go to another, all together, since they share a town: they may run beside anything.
"""

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable


def chromium() -> Path | None:
    """Return the browser the tests drive: the one CHROMIUM names, else the first one installed."""
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else None
    for name in () if named else ("chromium", "chromium-browser", "google-chrome"):
        found = found or shutil.which(name)
    return Path(found) if found else None


def driven_chromium() -> Path | None:
    """Return the browser if its driver can start: a slim machine lacks the one library the driver needs."""
    browser = chromium()
    return browser if browser and _driver_starts() else None


@cache
def _driver_starts() -> bool:
    node, _ = compute_driver_executable()
    return subprocess.run([node, "--version"], capture_output=True).returncode == 0


def postgres() -> Path | None:
    """Return the folder of the newest PostgreSQL server's programs; Debian keeps them off the PATH."""
    folders = [program.parent for program in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if folders:
        return max(folders, key=lambda folder: int(folder.parent.name))
    found = shutil.which("initdb")
    return Path(found).parent if found else None


@dataclass(frozen=True)
class Need:
    what: str
    remedy: str
    find: Callable[[], Path | None]


NEEDS = {
    "browser": Need(
        "Chromium or a library of its driver",
        "apt-get install chromium fonts-noto-cjk libatomic1, or CHROMIUM=/path/to/it",
        driven_chromium,
    ),
    "postgres": Need("PostgreSQL", "apt-get install postgresql", postgres),
}
FILLS_THE_MACHINE = ("browser", "concurrency")
LEFT_OUT = pytest.StashKey["Counter[str]"]()


def is_strict() -> bool:
    return os.environ.get("STRICT", "") not in ("", "0")


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = Counter()
    browser = chromium()
    if browser:
        os.environ["CHROMIUM"] = str(browser)
    missing = [f"{need.what} is missing ({need.remedy})" for need in NEEDS.values() if not need.find()]
    if missing and is_strict():
        raise pytest.UsageError("; ".join(missing) + ". STRICT=1 lets no test be left out.")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    lacking = {marker for marker, need in NEEDS.items() if not need.find()}
    if os.environ.get("PROOF") != "whole":
        lacking.add("proof")
    counted: Counter[str] = config.stash[LEFT_OUT]
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        reasons = [marker for marker in sorted(lacking) if item.get_closest_marker(marker)]
        counted.update(reasons[:1])
        (left if reasons else kept).append(item)
        if item.get_closest_marker("looks"):
            item.add_marker(pytest.mark.xdist_group("looks"))
        elif any(item.get_closest_marker(marker) for marker in FILLS_THE_MACHINE):
            item.add_marker(pytest.mark.xdist_group("fills the machine"))
    kept.sort(key=lambda item: item.path.parent.name != "property")  # the longest: begun last they would run on alone
    if left:
        config.hook.pytest_deselected(items=left)
    items[:] = kept
    if is_worker(config):
        # pytest-xdist made it and sends it home.
        config.workeroutput["left_out"] = dict(counted)  # type: ignore[attr-defined]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take over what a process of pytest-xdist left out: each of them collects the same tests."""
    config: pytest.Config = node.config  # type: ignore[attr-defined]
    counted: Counter[str] = config.stash[LEFT_OUT]
    counted |= Counter(getattr(node, "workeroutput", {}).get("left_out", {}))


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport | pytest.CollectReport, config: pytest.Config) -> None:
    """Name what failed at once: a long proof may be broken off before its summary."""
    if report.failed and not is_worker(config):
        config.get_terminal_writer().line(f"\nFAILED {report.nodeid}", red=True)


def _skipped(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", [])) if reporter else 0


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not is_worker(session.config) and is_strict() and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash[LEFT_OUT]
    for marker, need in NEEDS.items():
        if left_out[marker]:
            why = f"{need.what} is missing ({need.remedy})"
            terminalreporter.write_line(f"NOT run because {why}: {left_out[marker]} test(s).", yellow=True)
    if left_out["proof"]:
        terminalreporter.write_line(f"Left to `make proof`: {left_out['proof']} long test(s).")
    if is_strict() and _skipped(config):
        terminalreporter.write_line(f"Skipped, which STRICT=1 forbids: {_skipped(config)} test(s).", red=True)
