"""The command line: `flask --app wsgi ...`. For daily work there are pages; these are for machines and first days."""

import datetime as dt
import os
from contextlib import nullcontext
from pathlib import Path

import click
from flask import Flask, current_app

from config import Settings
from courses import schedule
from courses.accounts import actions as accounts
from courses.demo import load
from courses.ground import clock
from courses.ground.refusal import Refusal
from courses.people import links
from courses.people.model import Role
from courses.people.queries import city
from courses.people.rights import Reach
from courses.privacy import actions as privacy
from courses.running import backup as backups
from courses.running.doctor import examine


def install(app: Flask) -> None:
    for command in (worker, tick, demo, token, user, doctor, backup, restore):
        app.cli.add_command(command)


@click.command()
def worker() -> None:
    """Run the worker: deliver notices, derive reminders. Ends on ctrl-C."""
    schedule.work(current_app._get_current_object())  # type: ignore[attr-defined]


@click.command()
@click.argument("job", type=click.Choice([job.name for job in schedule.JOBS]))
@click.option("--at", type=click.DateTime(), help="Pretend it is this time in the city's zone.")
@click.option("--dry-run", is_flag=True, help="Of retention: only count what is over.")
def tick(job: str, at: dt.datetime | None, dry_run: bool) -> None:
    """Run one JOB once, now, as the worker would."""
    if dry_run and job != "retention":
        raise click.UsageError("Only retention can be tried without doing it.")
    clock.use_zone(city().zone)
    moment = clock.from_local(at.date(), at.time()) if at else None
    with clock.pretending(moment) if moment else nullcontext():
        if job == "retention":
            for kind, count in privacy.retention(dry=dry_run).items():
                click.echo(f"{kind}: {count}" + (" to go" if dry_run else ""))
            return
        count = next(j for j in schedule.JOBS if j.name == job).run(f"command-line:{os.getpid()}")
    click.echo(f"{job}: {count}")


@click.command()
def demo() -> None:
    """Fill an empty database with the demo town, and say who can sign in; leave a filled one as it is."""
    if load.is_empty():
        load.load(clock.now())
    for line in load.cast_lines():
        click.echo(line)


@click.command()
@click.argument("login")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([reach.value for reach in Reach]),
    help="What it may do; to be repeated. Every token reads. Without: all.",
)
@click.option("--days", type=click.IntRange(1, accounts.DAYS_MAX), default=365, help="For how long.", show_default=True)
def token(login: str, scopes: tuple[str, ...], days: int) -> None:
    """Print a new API token for the person with this e-mail address (or mobile number)."""
    try:
        click.echo(accounts.token_for(login, days, [Reach(scope) for scope in scopes or Reach]))
    except (Refusal, ValueError) as error:
        raise click.ClickException(sentence(error)) from error


@click.command()
@click.argument("login")
@click.option("--name", required=True, help="The person's name.")
@click.option("--password", help="Without it, a link is printed behind which the password is chosen.")
def user(login: str, name: str, password: str | None) -> None:
    """Make an administrator, known by LOGIN: an e-mail address or a mobile number. The first person of an empty
    installation; everything after that happens in the pages."""
    try:
        person_id = accounts.open_account(name, login, Role.ADMINISTRATOR, password)
    except (Refusal, ValueError) as error:
        raise click.ClickException(sentence(error)) from error
    click.echo(f"{login} is an {Role.ADMINISTRATOR}.")
    if password is None:
        settings: Settings = current_app.config["SETTINGS"]
        token_ = links.sign(settings.secret_keys, "invitation", person_id, 1)
        click.echo("Open this link within 14 days to choose a password; it works once:")
        click.echo(f"{settings.base_url}/invitations/{token_}")


def sentence(error: Refusal | ValueError) -> str:
    return error.words if isinstance(error, Refusal) else str(error)


@click.command()
@click.option("--records", is_flag=True, help="Leave out clock, notices, settings, disk and backups.")
def doctor(records: bool) -> None:
    """Look for what is wrong or will be; say what to do about each; exit 1 if there is anything."""
    found = examine(only_records=records)
    for fault in found:
        click.echo(f"{fault.words}\n  -> {fault.advice}")
    count = f"{len(found)} fault{'s' if len(found) > 1 else ''}"
    click.echo(count if found else "All is well.")
    if found:
        raise SystemExit(1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write a checked backup of the database to FILE, while the service goes on."""
    try:
        made = backups.back_up(file)
    except backups.BackupRefused as refused:
        raise click.ClickException(str(refused)) from None
    size = file.stat().st_size / 1e6
    click.echo(
        f"{file}: {made.total} rows in {len(made.rows)} tables, {size:.1f} MB, checked. The secret key is not in it."
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Lose all that the database holds now.")
@click.option("--moved", is_flag=True, help="The old installation was stopped before this backup: send what waits.")
def restore(file: Path, replace: bool, moved: bool) -> None:
    """Put what FILE holds in the place of the database, bring it up to date, and ask the doctor."""
    try:
        doubts = backups.restore(file, replace, moved, click.echo)
    except backups.BackupRefused as refused:
        raise click.ClickException(str(refused)) from None
    if doubts:
        click.echo(f"{doubts} notices waited then and may have gone out since: decide on the page of the installation.")
    click.get_current_context().invoke(doctor, records=True)
