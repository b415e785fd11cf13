"""Signing in at a provider: OpenID Connect with the authorization code, PKCE, state and nonce.

What the provider says is believed only when its signature, issuer, audience, time and nonce are right. Everything here
asks the network, so nothing of it happens inside a transaction.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from config import Settings
from courses.ground import clock
from courses.ground.refusal import Refusal
from courses.people import identity

TIMEOUT_S: Final = 5
SCOPE: Final = "openid email phone"
ALGORITHMS: Final = ["RS256", "PS256", "ES256"]
TAKES_AT_MOST: Final = dt.timedelta(minutes=15)  # from leaving for the provider to coming back
LEEWAY_S: Final = 60


@dataclass(frozen=True)
class Begun:
    """What this browser must bring back: kept in its session."""

    state: str
    nonce: str
    verifier: str
    at: float


@dataclass(frozen=True)
class Known:
    """Whom the provider vouches for. Address and number only if it has verified them, in the form that is stored;
    `unproven` is an address that it says and has not verified."""

    issuer: str
    subject: str
    email: str | None
    mobile: str | None
    unproven: str | None = None

    @property
    def key(self) -> str:
        """What a mailed link is about: this identity alone."""
        return f"{self.issuer}\n{self.subject}"


def begin(settings: Settings, back: str) -> tuple[str, Begun]:
    """Return where to send the browser, and what it must bring back. Raises Refusal("sso_down")."""
    begun = Begun(generate_token(32), generate_token(32), generate_token(64), clock.now().timestamp())
    address, _state = _session(settings, back).create_authorization_url(
        _provider(str(settings.oidc_issuer))["authorization_endpoint"],
        state=begun.state,
        nonce=begun.nonce,
        code_verifier=begun.verifier,
    )
    return address, begun


def finish(settings: Settings, back: str, code: str, begun: Begun) -> Known:
    """Return whom the provider vouches for. Raises Refusal("sso_expired"), "sso_down" and "sso_refused"."""
    if clock.now().timestamp() > begun.at + TAKES_AT_MOST.total_seconds():
        raise Refusal("sso_expired")
    provider = _provider(str(settings.oidc_issuer))
    try:
        token = _session(settings, back).fetch_token(
            provider["token_endpoint"], code=code, code_verifier=begun.verifier, timeout=TIMEOUT_S
        )
        keys = _asked(provider["jwks_uri"])
    except requests.RequestException:
        raise Refusal("sso_down") from None
    except Exception:  # the library raises what the provider's answer lets it
        raise Refusal("sso_refused") from None
    return _known(settings, token, keys, begun.nonce)


def _known(settings: Settings, token: Any, keys: Any, nonce: str) -> Known:
    try:
        claims = jwt.decode(token["id_token"], KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            now=int(clock.now().timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": str(settings.oidc_issuer)},
            aud={"essential": True, "value": str(settings.oidc_client_id)},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
    except (JoseError, KeyError, TypeError, ValueError):
        raise Refusal("sso_refused") from None
    email, is_verified = _stored(identity.email, claims.get("email")), claims.get("email_verified") is True
    return Known(
        str(claims["iss"]),
        str(claims["sub"]),
        email if is_verified else None,
        _stored(identity.mobile, claims.get("phone_number") if claims.get("phone_number_verified") is True else None),
        None if is_verified else email,
    )


def _stored(normalise: Any, said: Any) -> str | None:
    try:
        return normalise(said) if isinstance(said, str) and said else None
    except ValueError:
        return None


def _session(settings: Settings, back: str) -> Any:
    return OAuth2Session(
        settings.oidc_client_id,
        settings.oidc_client_secret,
        scope=SCOPE,
        redirect_uri=back,
        code_challenge_method="S256",
    )


def _provider(issuer: str) -> dict[str, Any]:
    """Return what the provider says of itself. Raises Refusal("sso_down")."""
    try:
        said = _asked(issuer.rstrip("/") + "/.well-known/openid-configuration")
    except requests.RequestException:
        raise Refusal("sso_down") from None
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if not isinstance(said, dict) or said.get("issuer") != issuer or not all(said.get(name) for name in wanted):
        raise Refusal("sso_down")
    return said


def _asked(address: str) -> Any:
    answer = requests.get(address, timeout=TIMEOUT_S, allow_redirects=False)
    answer.raise_for_status()
    return answer.json()
