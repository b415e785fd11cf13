"""The catalogues of translations, kept complete.

python -m tools.translations update   take the strings of code and templates into the Chinese catalogue
python -m tools.translations check    fail when a string has no translation, or a wrong or stale one
"""

import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
WIDTH = 110
HEADER = "# Simplified Chinese. Kept complete by `make translations` and `make check`."


def main() -> None:
    asked = sys.argv[1:]
    if asked == ["update"]:
        _update(wanted())
    elif asked != ["check"]:
        sys.exit(__doc__)
    elif found := faults(wanted(), catalogue()):
        print(*found, sep="\n")
        sys.exit(f"{len(found)} faults in the Chinese catalogue; `make translations` adds what is new.")


def wanted() -> Catalog:
    """Return every string of code and templates, with the places where it is said."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        _extract(template)
        return _read(template)


def catalogue() -> Catalog:
    """Return the Chinese catalogue; an empty one if there is none yet."""
    if CATALOGUE.exists():
        return _read(CATALOGUE)
    return Catalog(locale="zh", project="Course supermarket", header_comment=HEADER, fuzzy=False)


def faults(wanted: Catalog, translated: Catalog) -> list[str]:
    """Return what is missing, only guessed, stale or filled with other facts than its source."""
    found = []
    for message in wanted:
        if message.id:
            there = translated.get(message.id, message.context)
            found += [f"{why}: {_name(message)}" for why in _wrong_with(there, translated)]
    known = {(message.id, message.context) for message in wanted}
    stale = [message for message in translated if message.id and (message.id, message.context) not in known]
    return found + [f"no longer said anywhere: {_name(message)}" for message in stale]


def _extract(template: Path) -> None:
    """Write every string of code and templates (their list: [tool.babel] in pyproject.toml) to `template`.

    File names without line numbers: a line added above a string is no change to its translation.
    """
    keywords = ["-k", "_l", "-k", "lazy_gettext", "-k", "lazy_ngettext:1,2"]
    where = ["--add-location", "file", "--add-comments", "Translators:", "--width", str(WIDTH)]
    # Babel passes over folders that begin with "_", as templates/_parts does, unless told what to ignore.
    files = ["-F", "pyproject.toml", "--ignore-dirs", ".*", "--sort-by-file", "-o", str(template), "."]
    CommandLineInterface().run(["pybabel", "--quiet", "extract", *keywords, *where, *files])  # type: ignore[no-untyped-call]


def _update(strings: Catalog) -> None:
    known = catalogue()
    # A guessed translation is worse than none: none is found by the check.
    known.update(strings, no_fuzzy_matching=True, update_creation_date=False)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, known, width=WIDTH, ignore_obsolete=True, include_lineno=False)


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="zh" if path == CATALOGUE else None)


def _wrong_with(message: Message | None, catalogue: Catalog) -> list[str]:
    strings = (message.string,) if message and isinstance(message.string, str) else message and message.string
    if not message or not strings or not all(strings):
        return ["not translated"]
    wrong = ["only guessed (fuzzy)"] if message.fuzzy else []
    wrong += [f"placeholders differ ({error})" for error in message.check(catalogue)]
    return wrong


def _name(message: Message) -> str:
    first = message.id if isinstance(message.id, str) else message.id[0]
    return f"{first!r} ({', '.join(sorted({file for file, _ in message.locations})) or 'nowhere'})"


if __name__ == "__main__":
    main()
