"""Persons and the bodies they belong to."""

import datetime as dt
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from courses.ground.db import Base
from courses.ground.worktime import FROM, UNTIL


class Role(StrEnum):
    """What a post lets its holder be. Serving roles and the enforcing one never meet in one account."""

    MANAGER = "manager"
    OWNER = "owner"
    OFFICER = "officer"
    INSPECTOR = "inspector"
    LECTURER = "lecturer"
    ASSOCIATION = "association"
    BUREAU = "bureau"
    ADMINISTRATOR = "administrator"


ENFORCING = frozenset({Role.INSPECTOR})
# What hours are, until a city sets its own rules.
MINUTES_PER_HOUR = 45  # one 学时 is 45 taught minutes, the usual measure of continuing education in China
FULL_FROM_PERCENT = 80  # full hours from 80 % of a sitting's minutes, none below


class City(Base, kw_only=True):
    """The city this installation serves: its name, zone, words and rules of hours. One row.

    An hour (学时) is `minutes_per_hour` taught minutes; who was there for `full_from_percent` of a sitting has earned
    all of its hours, who was not has earned none. Deadlines run from `work_from` to `work_until` of working days.
    """

    __tablename__ = "city"
    __table_args__ = (
        CheckConstraint("minutes_per_hour > 0", name="hours_have_minutes"),
        CheckConstraint("full_from_percent > 0 AND full_from_percent <= 100", name="share_is_one"),
        CheckConstraint("work_from < work_until", name="works_by_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    post_name_zh: Mapped[str] = mapped_column(default="企业环保管理员")
    post_name_en: Mapped[str] = mapped_column(default="environmental manager")
    operator_zh: Mapped[str] = mapped_column(default="")
    operator_en: Mapped[str] = mapped_column(default="")
    record_number: Mapped[str] = mapped_column(default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    minutes_per_hour: Mapped[int] = mapped_column(default=MINUTES_PER_HOUR)
    full_from_percent: Mapped[int] = mapped_column(default=FULL_FROM_PERCENT)
    noshow_limit: Mapped[int] = mapped_column(default=0, server_default="0")
    noshow_days: Mapped[int] = mapped_column(default=90, server_default="90")
    standby_days: Mapped[int] = mapped_column(default=30, server_default="30")
    late_counts: Mapped[bool] = mapped_column(default=True, server_default=true())
    hours_target: Mapped[int] = mapped_column(default=8, server_default="8")  # 学时 a year, of every manager
    work_from: Mapped[dt.time] = mapped_column(default=FROM, server_default=FROM.isoformat())
    work_until: Mapped[dt.time] = mapped_column(default=UNTIL, server_default=UNTIL.isoformat())


class Squadron(Base, kw_only=True):
    """A squadron of the law-enforcement team: publishes and serves classes for its towns."""

    __tablename__ = "squadron"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")


class Association(Base, kw_only=True):
    """An environmental association: looks after its own town's enterprises."""

    __tablename__ = "association"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")


class Town(Base, kw_only=True):
    """A town or street: what squadrons and associations serve."""

    __tablename__ = "town"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name_zh: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str] = mapped_column(default="")
    squadron_id: Mapped[int | None] = mapped_column(ForeignKey("squadron.id"), default=None, index=True)
    association_id: Mapped[int | None] = mapped_column(ForeignKey("association.id"), default=None, index=True)


class Industry(Base, kw_only=True):
    __tablename__ = "industry"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    slug: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")


class BookingRule(StrEnum):
    """Whether the people of an enterprise book for themselves freely, or its owner approves."""

    FREE = "free"
    APPROVAL = "approval"


class Enterprise(Base, kw_only=True):
    """A company, known by its 18-character unified social credit code (GB 32100, checked digit by digit)."""

    __tablename__ = "enterprise"
    __table_args__ = (CheckConstraint("booking_rule IN ('free', 'approval')", name="booking_rule_known"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    credit_code: Mapped[str] = mapped_column(String(18), unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    town_id: Mapped[int] = mapped_column(ForeignKey("town.id"), index=True)
    industry_id: Mapped[int | None] = mapped_column(ForeignKey("industry.id"), default=None, index=True)
    is_key_unit: Mapped[bool] = mapped_column(default=False)
    booking_rule: Mapped[BookingRule] = mapped_column(
        String(16), default=BookingRule.FREE, server_default=BookingRule.FREE
    )


class Named(NamedTuple):
    """What a person is called, for the sentence of a refusal: it is said when the transaction is over."""

    name: str
    name_en: str


class Person(Base, kw_only=True):
    """A person. `email` is stored in lower case, `mobile` as +86…; both serve sign-in and notices only.

    `epoch` rises when the password changes: it ends every session and every link made before.
    """

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("language IN ('zh', 'en')", name="language_known"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None] = mapped_column(unique=True, default=None)
    mobile: Mapped[str | None] = mapped_column(unique=True, default=None)
    language: Mapped[str] = mapped_column(String(2), default="zh")
    password_hash: Mapped[str | None] = mapped_column(default=None)
    epoch: Mapped[int] = mapped_column(default=1)
    left_at: Mapped[dt.datetime | None] = mapped_column(default=None)

    @property
    def has_account(self) -> bool:
        return self.password_hash is not None

    @property
    def named(self) -> Named:
        return Named(self.name, self.name_en)


class Post(Base, kw_only=True):
    """One role a person holds now, and where: at an enterprise, in a squadron, for an association, or city-wide. A
    manager may be the owner's deputy: books, approves and names for the enterprise as the owner does.

    A post that ended is a PastPost: whoever asks what somebody may do reads this table alone.
    """

    __tablename__ = "post"
    __table_args__ = (
        CheckConstraint(
            "(role IN ('manager', 'owner')) = (enterprise_id IS NOT NULL)"
            " AND (role = 'officer') = (squadron_id IS NOT NULL)"
            " AND (role = 'association') = (association_id IS NOT NULL)",
            name="place_fits_role",
        ),
        Index("uq_post_held", "person_id", "role", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role] = mapped_column(String(16))
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"), default=None, index=True)
    squadron_id: Mapped[int | None] = mapped_column(ForeignKey("squadron.id"), default=None, index=True)
    association_id: Mapped[int | None] = mapped_column(ForeignKey("association.id"), default=None, index=True)
    began_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    is_deputy: Mapped[bool] = mapped_column(default=False, server_default=false())


class PastPost(Base, kw_only=True):
    """A post at an enterprise that was held from `began_at` (None: from before this was kept) to `ended_at`, and who
    took it over."""

    __tablename__ = "past_post"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[Role] = mapped_column(String(16))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    ended_at: Mapped[dt.datetime]
    ended_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    began_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
