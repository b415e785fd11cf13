"""The walk in docs/api.md, typed into a shell against a live server, so that the page cannot lie."""

import re
import shutil
import subprocess

import pytest
from flask import Flask

import config
from courses.accounts.actions.token import make_token
from courses.ground.db import db
from courses.people.rights import Reach
from tests import makers
from tests.people import GAO, LU, SHEN
from tests.processes import serving

PAGE = config.ROOT / "docs" / "api.md"
COMMANDS = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
JQ = """jq() { python3 -c '
import json, sys
flags, path = sys.argv[1:-1], sys.argv[-1]
path, _, wanted = path.partition(" == ")
value = json.load(sys.stdin)
for name, number in __import__("re").findall(r"\\.(\\w+)|\\[(\\d+)\\]", path):
    value = value[name] if name else value[int(number)]
value = value == json.loads(wanted) if wanted else value
print(json.dumps(value))
sys.exit(1 if "-e" in flags and value in (None, False) else 0)' "$@"; }
"""  # as much of jq as the page uses, where there is none


def test_there_is_a_walk() -> None:
    assert len(COMMANDS) >= 10


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_every_command_does_what_the_page_says(app: Flask) -> None:
    makers.a_class(seats=5)
    tokens = {
        "TOKEN": make_token(makers.actor(SHEN), "walk", reach=[Reach.BOOK]),
        "OFFICER_TOKEN": make_token(makers.actor(GAO), "walk", reach=[Reach.SERVE]),
    }
    db.session.remove()
    with serving(app) as server:
        names = "".join(f"export {name}={value}\n" for name, value in tokens.items())
        typed = "".join(f"{command}echo done {number}\n" for number, command in enumerate(COMMANDS))
        script = f"set -eo pipefail\nexport API={server.url}/api/v1\n{names}{JQ}{typed}"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, (done.stdout[-800:], done.stderr)
    assert f"done {len(COMMANDS) - 1}" in done.stdout
    assert '"state":"booked"' in done.stdout
    assert '"state":"cancelled"' in done.stdout
    assert makers.states(1) == {SHEN.id: "booked", LU.id: "booked"}
