"""Settings: a wrong or missing one stops the start with a sentence that names it."""

import stat
from pathlib import Path

import pytest

import config

KEY = "k" * 32


def production(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"INSTANCE": str(tmp_path), "SECRET_KEY": KEY, "BASE_URL": "https://courses.example.org", **more}


def test_production_starts_with_its_few_settings(tmp_path: Path) -> None:
    settings = config.read(production(tmp_path))
    assert settings.mode == "production"
    assert settings.base_url == "https://courses.example.org"
    assert settings.database_url == f"sqlite:///{tmp_path / 'courses.sqlite'}"
    assert settings.smtp_url is None


@pytest.mark.parametrize("missing", ["SECRET_KEY", "BASE_URL"])
def test_production_asks_for_what_it_cannot_invent(tmp_path: Path, missing: str) -> None:
    environ = production(tmp_path)
    del environ[missing]
    with pytest.raises(config.SettingError, match=missing):
        config.read(environ)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODE", "prod"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", f"{KEY},short"),
        ("BASE_URL", "courses.example.org"),
        ("BASE_URL", "ftp://courses.example.org"),
        ("DATABASE_URL", "mysql://somewhere/courses"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("SMTP_URL", "mail.example.org:25"),
        ("SMTP_URL", "http://mail.example.org"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PORT", "-1"),
        ("TRUSTED_PROXIES", "yes"),
        ("WEB_PROCESSES", "0"),
        ("WEB_THREADS", "١"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(config.SettingError, match=name):
        config.read(production(tmp_path, **{name: value}))


SSO = {
    "OIDC_ISSUER": "https://id.example.org",
    "OIDC_CLIENT_ID": "courses",
    "OIDC_CLIENT_SECRET": "a-secret",
    "OIDC_NAME_ZH": "浙里办",
}


def test_single_sign_on_is_off_or_whole(tmp_path: Path) -> None:
    assert config.read(production(tmp_path)).oidc_issuer is None
    settings = config.read(production(tmp_path, **SSO))
    assert (settings.oidc_issuer, settings.oidc_client_id) == ("https://id.example.org", "courses")
    assert (settings.oidc_name_zh, settings.oidc_name_en) == ("浙里办", "")


@pytest.mark.parametrize("missing", SSO)
def test_a_part_of_single_sign_on_is_missed(tmp_path: Path, missing: str) -> None:
    for nothing in ({}, {missing: ""}, {missing: "  "}):
        said = {name: value for name, value in SSO.items() if name != missing}
        with pytest.raises(config.SettingError, match=rf"^{missing} is missing: .*OIDC_ISSUER, .*or none of them"):
            config.read(production(tmp_path, **said, **nothing))


def test_an_english_name_alone_is_no_single_sign_on(tmp_path: Path) -> None:
    with pytest.raises(config.SettingError, match=r"^OIDC_ISSUER is missing"):
        config.read(production(tmp_path, OIDC_NAME_EN="Zheliban"))


@pytest.mark.parametrize(
    "issuer", ["http://id.example.org", "id.example.org", "https://", "https:///realms/x", "file:///etc"]
)
def test_a_wrong_issuer_is_named(tmp_path: Path, issuer: str) -> None:
    with pytest.raises(config.SettingError, match=r"^OIDC_ISSUER must begin with https://"):
        config.read(production(tmp_path, **{**SSO, "OIDC_ISSUER": issuer}))


def test_an_issuer_without_tls_is_for_development(tmp_path: Path) -> None:
    environ = {"MODE": "development", "INSTANCE": str(tmp_path), **SSO, "OIDC_ISSUER": "http://127.0.0.1:9000"}
    assert config.read(environ).oidc_issuer == "http://127.0.0.1:9000"


def test_an_instance_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(config.SettingError, match="INSTANCE"):
        config.read(production(tmp_path, INSTANCE=str(tmp_path / "file" / "below")))


def test_the_first_key_signs_and_all_are_accepted(tmp_path: Path) -> None:
    assert config.read(production(tmp_path, SECRET_KEY=f"{KEY}, {'o' * 32}")).secret_keys == (KEY, "o" * 32)


def test_development_makes_its_own_secret_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    environ = {"MODE": "development", "INSTANCE": str(tmp_path)}
    first, second = config.read(environ).secret_keys, config.read(environ).secret_keys
    assert first == second
    assert len(first[0]) >= 32
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_is_taken(tmp_path: Path, scheme: str) -> None:
    settings = config.read(production(tmp_path, DATABASE_URL=f"{scheme}://u@host/courses"))
    assert settings.database_url == "postgresql+psycopg://u@host/courses"
