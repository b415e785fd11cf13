"""Homes and their rooms."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from courses.ground.db import Base


class Home(Base, kw_only=True):
    """A venue. `latitude` and `longitude` in degrees (WGS 84), for the map link; `opening` is the hours, in words."""

    __tablename__ = "home"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    town_id: Mapped[int] = mapped_column(ForeignKey("town.id"), index=True)
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    address_zh: Mapped[str] = mapped_column(default="")
    address_en: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    latitude: Mapped[float | None] = mapped_column(default=None)
    longitude: Mapped[float | None] = mapped_column(default=None)
    opening_zh: Mapped[str] = mapped_column(default="")
    opening_en: Mapped[str] = mapped_column(default="")


class Room(Base, kw_only=True):
    __tablename__ = "room"
    __table_args__ = (CheckConstraint("seats > 0", name="has_seats"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    home_id: Mapped[int] = mapped_column(ForeignKey("home.id"), index=True)
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    seats: Mapped[int]
