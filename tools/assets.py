"""Make static/ ready to be served: fetch what is others', pack what is worth packing.

`static/vendor` gets the third-party browser files, taken out of wheels that pip checked by hash. So nothing
of others is committed, no Node is needed, and pip's own settings (a mirror, a proxy) hold here too.

`static/packed/<hash>/<name>` gets a copy of each text file with `.br` and `.gz` beside it. The hash is the
content's, as in its URL: a packed copy can be missing, never stale. Does nothing when all is there.
"""

import gzip
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import brotli

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
PACKED = STATIC / "packed"
PACKABLE = {".css", ".js", ".svg", ".json", ".webmanifest", ".txt"}

# name in static/vendor: (wheel's name, member, sha256 of the member)
FILES = {
    "htmx.js": (
        "django_htmx",
        "django_htmx/static/django_htmx/htmx-2.min.js",
        "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
    ),
}


def main() -> None:
    _fetch()
    _pack()


def _fetch() -> None:
    missing = {name: file for name, file in FILES.items() if not _is_there(VENDOR / name, file[2])}
    if not missing:
        return
    with tempfile.TemporaryDirectory() as folder:
        _download(folder)
        for name, (wheel, member, sha256) in missing.items():
            with zipfile.ZipFile(next(Path(folder).glob(f"{wheel}-*.whl"))) as opened:
                content = opened.read(member)
            if hashlib.sha256(content).hexdigest() != sha256:
                sys.exit(f"{wheel} holds another {member} than tools/assets.py names; nothing was changed.")
            _write(VENDOR / name, content)


def _is_there(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _download(folder: str) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    checked = ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(ROOT / "assets.txt")]
    if subprocess.run([*pip, *checked, "-d", folder]).returncode:
        sys.exit("The browser files could not be fetched: pip's words stand above.")


def _pack() -> None:
    files = [path for path in STATIC.rglob("*") if path.suffix in PACKABLE and PACKED not in path.parents]
    folders = {_packed(path): path for path in files}
    for folder, path in folders.items():
        if not folder.is_dir():
            _pack_one(path, folder)
    for outdated in set(PACKED.glob("*")) - set(folders):
        shutil.rmtree(outdated, ignore_errors=True)


def _packed(path: Path) -> Path:
    return PACKED / hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _pack_one(path: Path, folder: Path) -> None:
    """Fill `folder` as a whole or not at all: it is made under another name and then renamed."""
    beside = folder.with_name(f".{folder.name}")
    shutil.rmtree(beside, ignore_errors=True)
    name, content = path.relative_to(STATIC), path.read_bytes()
    _write(beside / name, content)
    _write(beside / f"{name}.br", brotli.compress(content))
    _write(beside / f"{name}.gz", gzip.compress(content, mtime=0))
    beside.rename(folder)


def _write(path: Path, content: bytes) -> None:
    """Write beside and rename, so that a server running meanwhile never reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)


if __name__ == "__main__":
    main()
