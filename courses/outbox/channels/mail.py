"""Mail: over SMTP, or into a folder of .eml files where no server is set."""

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from courses.ground import clock
from courses.outbox.channels import Message, Refused, Uncertain

TIMEOUT_S = 15
POLICY = SMTP.clone(cte_type="7bit")  # eight bits may only be sent to a server that says it takes them (RFC 6152)
_LINE_DOT = re.compile(rb"(?m)^\.")


def compose(message: Message, sender: str, sender_name: str) -> EmailMessage:
    """Return the mail: text and HTML, with the calendar entry as an alternative that mail programs act on."""
    mail = EmailMessage(policy=POLICY)
    mail["From"] = Address(sender_name, addr_spec=sender)
    mail["To"] = Address(message.to_name, addr_spec=message.to)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = make_msgid(idstring=re.sub(r"[^a-z0-9]+", "-", message.key), domain=sender.split("@")[-1])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    if message.calendar and message.method:
        mail.add_alternative(message.calendar, subtype="calendar", params={"method": message.method})
    return mail


def _composed(message: Message, sender: str, sender_name: str) -> bytes:
    """Return the mail as it goes over the line. Raises Refused when it cannot be written, which no retry mends."""
    try:
        return compose(message, sender, sender_name).as_bytes()
    except ValueError as error:
        raise Refused(f"cannot be written as a mail: {error}", permanent=True) from error


@contextmanager
def smtp(url: str, sender: str, sender_name: str) -> Iterator[Callable[[Message], None]]:
    """Open one SMTP connection for a batch. Raises Refused when it cannot be opened."""
    parts = urlsplit(url)
    server = _dial(parts)
    try:
        _greet(server, parts)
        yield lambda message: _send(server, _composed(message, sender, sender_name), sender, message.to)
    finally:
        server.close()


def _dial(parts: SplitResult) -> smtplib.SMTP:
    host = parts.hostname or ""
    try:
        if parts.scheme == "smtps":
            return smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_S, context=ssl.create_default_context())
        return smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_S)
    except (OSError, smtplib.SMTPException) as error:
        raise Refused(f"mail server: {error}") from error


def _greet(server: smtplib.SMTP, parts: SplitResult) -> None:
    try:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except (OSError, smtplib.SMTPException) as error:
        raise Refused(f"mail server: {error}") from error


def _send(server: smtplib.SMTP, mail: bytes, sender: str, to: str) -> None:
    """Send one mail, step by step, so that it is known whether a broken line leaves a doubt."""
    steps: tuple[Callable[[], tuple[int, bytes]], ...] = (
        lambda: server.mail(sender),
        lambda: server.rcpt(to),
        lambda: server.docmd("DATA"),
    )
    try:
        for step in steps:
            code, answer = step()
            if code >= 400:
                with suppress(OSError, smtplib.SMTPException):  # who says no may hang up: it is a no all the same
                    server.rset()
                raise Refused(f"{code} {answer.decode(errors='replace')}", permanent=code >= 500)
    except (OSError, smtplib.SMTPException) as error:
        raise Refused(f"mail server: {error}") from error
    try:
        server.send(_LINE_DOT.sub(b"..", mail) + b".\r\n")
        code, answer = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise Uncertain(f"the line broke after the mail was handed over: {error}") from error
    if code >= 400:
        raise Refused(f"{code} {answer.decode(errors='replace')}", permanent=code >= 500)


@contextmanager
def folder(path: Path, sender: str, sender_name: str) -> Iterator[Callable[[Message], None]]:
    """Write each mail as one .eml file, whole or not at all."""
    path.mkdir(parents=True, exist_ok=True)

    def send(message: Message) -> None:
        name = f"{clock.now():%Y%m%dT%H%M%S.%f}-{re.sub(r'[^a-z0-9]+', '-', message.key)}.eml"
        draft = path / f".{name}"
        draft.write_bytes(compose(message, sender, sender_name).as_bytes())
        draft.rename(path / name)

    yield send
