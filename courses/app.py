"""create_app: the only place that knows every room."""

import hashlib
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, g, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_babel import gettext
from flask_compress import Compress
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

import config
from courses import api, cli
from courses.accounts import web as accounts_web
from courses.accounts.actions import use_token
from courses.booking import web as booking_web
from courses.bulk import web as bulk_web
from courses.catalogue import web as catalogue_web
from courses.desks import web as desks_web
from courses.enterprise import web as enterprise_web
from courses.ground import clock, db, language, requests
from courses.ground.api import IdConverter
from courses.ground.nonce import nonce
from courses.ground.refusal import Refusal
from courses.ground.transaction import refusal_of
from courses.people import guard, looks
from courses.people.queries import actor_of, city
from courses.people.rights import Actor
from courses.privacy import web as privacy_web
from courses.roster import web as roster_web
from courses.running import web as running_web
from courses.setup import web as setup_web
from courses.webhooks import web as webhooks_web

ROOT = config.ROOT
CHALLENGES = {  # RFC 6750, section 3
    "not_signed_in": "Bearer",
    "wrong_sign_in": "Bearer",
    "token_expired": 'Bearer error="invalid_token"',
    "token_ended": 'Bearer error="invalid_token"',
    "beyond_token": 'Bearer error="insufficient_scope"',
}
POLICY = (
    "default-src 'self'; script-src 'nonce-{}'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def create_app(settings: config.Settings | None = None) -> Flask:
    """Return the application, made from `settings` (default: the environment's)."""
    settings = settings or config.read()
    app = Flask(
        "courses",
        root_path=str(ROOT),
        instance_path=str(settings.instance),
        static_folder=None,  # WhiteNoise serves them, under hashed names
    )
    app.config.update(
        ROOT=ROOT,
        SETTINGS=settings,
        SECRET_KEY=settings.secret_keys[0],
        SECRET_KEY_FALLBACKS=list(settings.secret_keys[1:]),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(settings.database_url),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=14 * 86400,
        SESSION_REFRESH_EACH_REQUEST=False,  # once a day, by _stay
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        COMPRESS_MIMETYPES=[
            "text/html",
            "application/json",
            "application/problem+json",
            "image/svg+xml",
            "application/atom+xml",
            "application/xml",
        ],
    )
    app.url_map.converters["int"] = IdConverter  # a number in a path is a row's id, and no row has a larger one
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    requests.install(app, trusts_proxy=settings.trusted_proxies > 0)  # first: it measures what the others do
    db.install(app)
    Migrate(app, db.db, directory=str(ROOT / "migrations"), render_as_batch=True)
    language.install(app)
    looks.install(app)
    _install_city(app)
    _install_assets(app)
    _install_links(app)
    _install_sign_in(app)
    CSRFProtect(app)  # after the guard: whose session ended is asked to sign in, not told that the form is too old
    Compress(app)
    for room in (
        catalogue_web,
        booking_web,
        bulk_web,
        roster_web,
        accounts_web,
        enterprise_web,
        webhooks_web,
        desks_web,
        privacy_web,
        running_web,
        setup_web,
    ):
        app.register_blueprint(room.pages)
    api.install(app)
    cli.install(app)
    _install_errors(app)
    _install_headers(app)
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    return app


def _install_city(app: Flask) -> None:
    @app.before_request
    def _use_zone() -> None:
        if request.endpoint not in ("desks.healthz", "desks.readyz"):
            g.city = city()
            clock.use_zone(g.city.zone)

    app.context_processor(lambda: {"city": g.get("city") or city()})


def _install_assets(app: Flask) -> None:
    """Serve static files under names that carry their content's hash, for ever; nothing else has that path."""
    static, packed = ROOT / "static", ROOT / "static" / "packed"
    files = [f for f in sorted(static.rglob("*")) if f.is_file() and not f.is_relative_to(packed)]
    names = {str(f.relative_to(static)): _hashed(f) for f in files}
    hashed = WhiteNoise(app.wsgi_app, autorefresh=False, immutable_file_test=lambda path, url: True)
    for name, digest in names.items():
        squeezed = packed / digest / name  # made by `make assets`: the same bytes, with .br and .gz beside them
        hashed.add_file_to_dictionary(
            f"/static/{digest}/{name}", str(squeezed if squeezed.is_file() else static / name)
        )
    app.wsgi_app = hashed  # type: ignore[method-assign]

    def asset(name: str) -> str:
        return f"{request.script_root}/static/{names[name]}/{name}"

    app.jinja_env.globals["asset"] = asset


def _install_links(app: Flask) -> None:
    """Make the links that every page has once per process, not once per page."""

    @lru_cache(maxsize=500)
    def plain_link(endpoint: str, script_root: str) -> str:
        return url_for(endpoint)

    def link(endpoint: str, **values: Any) -> str:
        if values or endpoint.startswith("."):
            return url_for(endpoint, **values)
        return plain_link(endpoint, request.script_root)

    app.jinja_env.globals.update(url_for=link, page_path=page_path)


def page_path() -> str:
    """Return the path under which the page in sight can be asked for again: an address that only takes an act shows its
    answer on the page it was done from. Home, where that takes acts only too, or is elsewhere."""
    if not request.url_rule or "GET" in (request.url_rule.methods or ()):
        return request.path
    came_from, here = urlsplit(request.referrer or ""), current_app.create_url_adapter(request)
    if here and came_from.netloc == request.host:
        with suppress(HTTPException):
            here.match(came_from.path, method="GET")
            return came_from.path
    return "/"


def _hashed(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions, with the signer made once instead of at each reading and writing."""

    @cached_property
    def _signer(self) -> URLSafeTimedSerializer | None:
        return super().get_signing_serializer(current_app)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        return self._signer


def _install_sign_in(app: Flask) -> None:
    app.session_interface = Sessions()
    login = LoginManager(app)
    login.session_protection = None  # an industrial community shares addresses; phones change them on the way

    @login.user_loader  # type: ignore[untyped-decorator]
    def _load(known_as: str) -> Actor | None:
        id_, _, epoch = known_as.partition(":")
        return actor_of(int(id_), int(epoch)) if id_.isdecimal() and epoch.isdecimal() else None

    def find_actor() -> Actor | None:
        if request.path.startswith("/api/"):
            return _speaker()
        user = login._load_user() or g._login_user
        if not isinstance(user, Actor):
            return None
        _stay()
        return user

    guard.install(app, find_actor)
    app.context_processor(lambda: {"actor": guard.actor() if "find_actor" in g else None})


def _stay() -> None:
    """Keep the session for 14 days from the last day on which it was used.

    The cookie is written anew once a day and when something changed, not with every answer: an answer that was long on
    its way would take back what a quicker one put there, such as what the person is told of what they did.
    """
    day = clock.local(clock.now()).date().isoformat()
    if session.get("day") != day:
        session["day"] = day


def _speaker() -> Actor | None:
    """Return in whose name the Bearer token of this request speaks; else leave for the guard why nobody does."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        return use_token(secret.strip())
    except Refusal as refusal:
        g.why_nobody = refusal.code
        return None


def _install_errors(app: Flask) -> None:
    """Turn refusals and HTTP errors into a page or a problem document, by the door they came through."""

    def answer(status: int, code: str, words: str, headers: dict[str, str]) -> Any:
        looks.none_looked()
        if request.path.startswith("/api/"):
            response: Any = api.problem(status, code, words)
        else:
            page = status if status in (403, 404, 405, 413, 429, 500, 503) else 400 if status < 500 else 500
            name = f"errors/{page}.html"
            # When something is broken, the page asks nothing: not in which city we are, nor who reads it.
            body = render_template(name, words=words) if page < 500 else app.jinja_env.get_template(name).render()
            response = app.make_response((body, status))
        response.headers.update(headers)
        return response

    @app.errorhandler(Refusal)
    def _refused(refusal: Refusal) -> Any:
        db.db.session.rollback()
        wants_page = not request.path.startswith("/api/")
        if refusal.code == "not_signed_in" and wants_page:
            back = request.full_path.rstrip("?") if request.method == "GET" else request.path
            return redirect(url_for("accounts.sign_in", next=back))
        headers = {"Retry-After": "2"} if refusal.status == 503 else {}
        if refusal.status == 429:
            headers["Retry-After"] = str(60 * refusal.facts["minutes"])
        if challenge := CHALLENGES.get(refusal.code):
            headers["WWW-Authenticate"] = challenge
        return answer(refusal.status, refusal.code, refusal.words, headers)

    @app.errorhandler(OperationalError)
    def _database(error: DBAPIError) -> Any:
        return _refused(refusal_of(error))

    @app.errorhandler(CSRFError)
    def _forged(error: CSRFError) -> Any:
        return answer(
            400,
            "form_expired",
            str(gettext("This form is too old. Go back, reload the page and send it again.")),
            {},
        )

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Any:
        if error.response is not None or (error.code or 500) < 400:
            return error
        code = error.name.lower().replace(" ", "_")
        headers = {k: v for k, v in error.get_headers() if k in ("Allow", "Retry-After")}
        return answer(error.code or 500, code, "", headers)

    @app.errorhandler(500)
    def _broken(error: Exception) -> Any:
        db.db.session.rollback()
        return answer(500, "internal_server_error", "", {})


def _install_headers(app: Flask) -> None:
    app.jinja_env.globals["nonce"] = nonce

    @app.after_request
    def _headers(response: Any) -> Any:
        headers = response.headers
        if response.mimetype == "text/html":
            headers.setdefault("Content-Security-Policy", POLICY.format(g.get("nonce", "")))
            headers.setdefault("Cache-Control", "no-store" if g.get("actor") else "no-cache")
            headers.setdefault("Vary", "Cookie, Accept-Language")
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "geolocation=(), microphone=(), camera=(self)")
        if app.config["SESSION_COOKIE_SECURE"]:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response
