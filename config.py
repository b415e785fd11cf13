"""Settings: read from the environment, here and nowhere else.

Every setting is a field of `Settings` with its meaning beside it; the environment variable has the
field's name in capitals. A wrong or missing setting stops the start with a sentence that names it.
In development (`MODE=development`) secrets and addresses have working defaults; in production none has.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent


class SettingError(SystemExit):
    """A setting is missing or wrong; its message is the sentence that names it."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    mode: str  # MODE: "production" (default) or "development"
    instance: Path  # INSTANCE: folder for the database, mails written to files, lock files
    base_url: str  # BASE_URL: the address people type, e.g. https://courses.example.gov.cn; used in mails
    secret_keys: tuple[str, ...]  # SECRET_KEY: new[,old...]: the first signs, all are accepted (rotation)
    database_url: str  # DATABASE_URL: sqlite:///... (default, in INSTANCE) or postgresql://...
    smtp_url: str | None  # SMTP_URL: smtp://user:pass@host:587 (STARTTLS), smtps://…:465; without: .eml files
    mail_from: str  # MAIL_FROM: sender of all mail
    trusted_proxies: int  # TRUSTED_PROXIES: how many reverse proxies set X-Forwarded-* in front of us
    metrics_token: str | None  # METRICS_TOKEN: who sends it as a Bearer token may read /metrics; without it nobody may
    oidc_issuer: str | None  # OIDC_ISSUER: single sign-on by OpenID Connect at this provider; without it there is none
    oidc_client_id: str | None  # OIDC_CLIENT_ID: as which the provider knows this installation
    oidc_client_secret: str | None  # OIDC_CLIENT_SECRET: by which it knows that it is us
    oidc_name_zh: str  # OIDC_NAME_ZH: what the provider is called, on the button that signs in
    oidc_name_en: str  # OIDC_NAME_EN: the same in English
    host: str  # HOST: address the server listens on
    port: int  # PORT: its port, 8000 unless said otherwise
    web_processes: int  # WEB_PROCESSES: server processes
    web_threads: int  # WEB_THREADS: threads of each process; more than two only wait for each other's turn to compute

    @property
    def is_development(self) -> bool:
        return self.mode == "development"

    @property
    def mail_folder(self) -> Path:
        """Where mail goes when there is no SMTP_URL: one .eml file each, readable at /mail in development."""
        return self.instance / "mail"

    @property
    def metrics_folder(self) -> Path:
        """Where the server's processes put what each has counted."""
        return self.instance / "metrics"


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of `environ`; raises SettingError with a sentence naming what is wrong."""
    mode = environ.get("MODE", "production")
    if mode not in ("production", "development"):
        raise SettingError(f"MODE must be production or development, not {mode!r}.")
    instance = Path(environ.get("INSTANCE") or ROOT / "instance").resolve()
    try:
        instance.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"INSTANCE: the folder {instance} cannot be made: {error.strerror}.") from None
    host, port = environ.get("HOST") or "127.0.0.1", _number(environ, "PORT", 8000, 1, 65535)
    return Settings(
        mode=mode,
        instance=instance,
        base_url=_base_url(environ, mode, f"http://{host}:{port}"),
        secret_keys=_secret_keys(environ, mode, instance),
        database_url=_database_url(environ, instance),
        smtp_url=_smtp_url(environ),
        mail_from=environ.get("MAIL_FROM") or "courses@localhost",
        trusted_proxies=_number(environ, "TRUSTED_PROXIES", 0, 0, 10),
        metrics_token=_metrics_token(environ),
        **_oidc(environ, mode),
        host=host,
        port=port,
        web_processes=_number(environ, "WEB_PROCESSES", 2, 1, 64),
        web_threads=_number(environ, "WEB_THREADS", 2, 1, 64),
    )


def _number(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal()) or not low <= int(text) <= high:
        raise SettingError(f"{name} must be a whole number from {low} to {high}, not {text!r}.")
    return int(text)


def _base_url(environ: Mapping[str, str], mode: str, default: str) -> str:
    url = environ.get("BASE_URL") or (default if mode == "development" else "")
    if not url:
        raise SettingError("BASE_URL is missing: the address people type, e.g. https://courses.example.org.")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingError(f"BASE_URL must begin with http:// or https:// and name a host, not {url!r}.")
    return url.rstrip("/")


def _secret_keys(environ: Mapping[str, str], mode: str, instance: Path) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in environ.get("SECRET_KEY", "").split(",") if key.strip())
    if keys:
        if any(len(key) < 32 for key in keys):
            raise SettingError("SECRET_KEY: each key must have at least 32 characters.")
        return keys
    if mode == "production":
        raise SettingError(
            "SECRET_KEY is missing: at least 32 random characters (new,old to rotate). "
            "For a try on this machine set MODE=development."
        )
    file = instance / "secret_key"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return (file.read_text().strip(),)
    with os.fdopen(descriptor, "w") as new:
        new.write(secrets.token_hex(32))
    return (file.read_text(),)


def _database_url(environ: Mapping[str, str], instance: Path) -> str:
    url = environ.get("DATABASE_URL") or f"sqlite:///{instance / 'courses.sqlite'}"
    scheme = url.split(":", 1)[0]
    if scheme in ("postgres", "postgresql"):
        return "postgresql+psycopg" + url[len(scheme) :]
    if scheme not in ("sqlite", "postgresql+psycopg"):
        raise SettingError(f"DATABASE_URL must begin with sqlite:/// or postgresql://, not {scheme!r}.")
    if scheme == "sqlite" and url.removeprefix("sqlite://") in ("", "/", "/:memory:"):
        raise SettingError("DATABASE_URL: an in-memory SQLite loses every booking; name a file.")
    return url


def _metrics_token(environ: Mapping[str, str]) -> str | None:
    token = environ.get("METRICS_TOKEN") or None
    if token and not (len(token) >= 16 and token.isascii() and token.isprintable() and " " not in token):
        raise SettingError("METRICS_TOKEN must have at least 16 letters and digits, without a space.")
    return token


def _oidc(environ: Mapping[str, str], mode: str) -> dict[str, Any]:
    """Return the settings of single sign-on: all of them, or none."""
    said = {
        "OIDC_ISSUER": environ.get("OIDC_ISSUER", "").strip(),
        "OIDC_CLIENT_ID": environ.get("OIDC_CLIENT_ID", "").strip(),
        "OIDC_CLIENT_SECRET": environ.get("OIDC_CLIENT_SECRET", "").strip(),
        "OIDC_NAME_ZH": environ.get("OIDC_NAME_ZH", "").strip(),
        "OIDC_NAME_EN": environ.get("OIDC_NAME_EN", "").strip(),
    }
    names = tuple(said)
    if not any(said.values()):
        return {name.lower(): "" if "NAME" in name else None for name in names}
    for name in names[:4]:
        if not said[name]:
            raise SettingError(f"{name} is missing: single sign-on needs {', '.join(names[:4])}, or none of them.")
    parts = urlsplit(said["OIDC_ISSUER"])
    schemes = ("https", "http") if mode == "development" else ("https",)
    if parts.scheme not in schemes or not parts.hostname:
        raise SettingError(f"OIDC_ISSUER must begin with https:// and name a host, not {said['OIDC_ISSUER']!r}.")
    return {name.lower(): value for name, value in said.items()}


def _smtp_url(environ: Mapping[str, str]) -> str | None:
    url = environ.get("SMTP_URL")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SettingError("SMTP_URL must look like smtp://user:password@host:587 or smtps://host:465.")
    return url
