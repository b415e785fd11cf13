"""A mail server of our own on this machine, that takes mail or misbehaves as it is told."""

import asyncio
import email
import email.policy
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HANG, DIE, SLOW = "hang", "die", "slow"


class MailServer:
    """Takes mail. `answers[phase]` is what it says instead of yes: a reply, HANG, DIE (the line breaks), or SLOW.

    The phases are mail, rcpt, data (a mail it has read and does not keep) and taken (one that it keeps).
    """

    def __init__(self, answers: dict[str, str] | None = None, only_to: str | None = None) -> None:
        self.answers, self._only_to = answers or {}, only_to
        self.raw: list[bytes] = []
        self.callers: set[Any] = set()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._controller = _Controller(self, hostname="127.0.0.1", port=self.port, server_hostname="sink.test")

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.raw]  # type: ignore[misc]

    def per_person(self) -> Counter[str]:
        """Return how many mails each address got."""
        return Counter(mail["To"].addresses[0].addr_spec for mail in self.mails)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    # What aiosmtpd calls.

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        self.callers.add(session.peer)
        return await self._answer("mail", server, "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._only_to and address != self._only_to:
            return "550 No such person"
        envelope.rcpt_tos.append(address)
        return await self._answer("rcpt", server, "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "data" in self.answers:
            return await self._answer("data", server, "")
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        return await self._answer("taken", server, "250 OK")

    async def _answer(self, phase: str, server: SMTP, yes: str) -> str:
        said = self.answers.get(phase, yes)
        if said in (HANG, SLOW):
            await asyncio.sleep(30 if said == HANG else 1)
        if said == DIE:
            assert server.transport is not None
            server.transport.abort()
            await asyncio.sleep(0.05)
        return yes if said in (HANG, DIE, SLOW) else said


class _Controller(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, enable_SMTPUTF8=False, ident="sink")


@contextmanager
def mail_server(**answers: str) -> Iterator[MailServer]:
    """Run a mail server within the block."""
    server = MailServer(answers)
    server.start()
    try:
        yield server
    finally:
        server.stop()
