"""Write docs/settings.md from config.py, so that no setting is without its line there.

python -m tools.settings
"""

import re

from config import ROOT

FILE = ROOT / "docs" / "settings.md"
_FIELD = re.compile(r"^    (\w+): [^=#]+?  # ([A-Z][A-Z_]+)(?:: (.*))?$")
HEAD = """# Settings

Read from the environment, in `config.py` and nowhere else; this page is made from it (`python -m tools.settings`). A
wrong or missing one stops the start with a sentence that names it. In development (`MODE=development`) all have working
defaults.

| setting | meaning |
|---|---|
"""


def settings() -> dict[str, str]:
    """Return each setting's name with its meaning, as the comments in config.py say it."""
    source = (ROOT / "config.py").read_text()
    body = source[source.index("class Settings:") :]
    found = (_FIELD.match(line) for line in body[: body.index("@property")].splitlines())
    return {match[2]: match[3] or "" for match in found if match}


def page() -> str:
    rows = (f"| `{name}` | {words.replace('|', chr(92) + '|')} |\n" for name, words in settings().items())
    return HEAD + "".join(rows)


if __name__ == "__main__":
    FILE.write_text(page())
