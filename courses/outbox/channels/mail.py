"""Mail: over SMTP, or into a folder of .eml files where no server is set."""

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from courses.ground import clock
from courses.outbox.channels import Message, Refused, Uncertain

TIMEOUT_S = 15
_LINE_DOT = re.compile(rb"(?m)^\.")


def compose(message: Message, sender: str, sender_name: str) -> EmailMessage:
    """Return the mail: text and HTML, with the calendar entry as an alternative that mail programs act on."""
    mail = EmailMessage(policy=SMTP)
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


@contextmanager
def smtp(url: str, sender: str, sender_name: str) -> Iterator[Callable[[Message], None]]:
    """Open one SMTP connection for a batch. Raises Refused when it cannot be opened."""
    parts = urlsplit(url)
    try:
        server = _connect(parts.scheme, parts.hostname or "", parts.port)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except (OSError, smtplib.SMTPException) as error:
        raise Refused(f"mail server: {error}") from error
    try:
        yield lambda message: _send(server, compose(message, sender, sender_name), sender, message.to)
    finally:
        server.close()


def _connect(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT_S, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port or 25, timeout=TIMEOUT_S)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    return server


def _send(server: smtplib.SMTP, mail: EmailMessage, sender: str, to: str) -> None:
    """Send one mail, step by step, so that it is known whether a broken line leaves a doubt."""
    try:
        for code, answer in (server.mail(sender), server.rcpt(to), server.docmd("DATA")):
            if code >= 400:
                server.rset()
                raise Refused(f"{code} {answer.decode(errors='replace')}", permanent=code >= 500)
    except (OSError, smtplib.SMTPException) as error:
        raise Refused(f"mail server: {error}") from error
    try:
        server.send(_LINE_DOT.sub(b"..", mail.as_bytes()) + b".\r\n")
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
