"""The named cast: who they are in every test. Made once, in the template database."""

from dataclasses import dataclass

PASSWORD = "a-quiet-civic-tool"


@dataclass(frozen=True)
class Member:
    """One of the cast; `id` is the person's id in every test database."""

    id: int
    name: str
    email: str
    role: str
    language: str = "zh"
    enterprise: int | None = None
    squadron: int | None = None
    association: int | None = None


SHEN = Member(1, "沈月", "shen@test.example", "manager", enterprise=1)
LU = Member(2, "陆鸣", "lu@test.example", "manager", language="en", enterprise=2)
OWNER = Member(3, "沈国强", "owner@test.example", "owner", enterprise=1)
COLLEAGUE = Member(4, "王䶮", "wang@test.example", "manager", enterprise=1)
NEWCOMER = Member(5, "李𬬭", "li@test.example", "manager", enterprise=1)
STRANGER = Member(6, "赵远", "zhao@test.example", "manager", enterprise=3)
GAO = Member(7, "高建国", "gao@test.example", "officer", squadron=1)
OTHER_OFFICER = Member(8, "冯清", "feng@test.example", "officer", squadron=2)
CHEN = Member(9, "陈砚", "chen@test.example", "lecturer")
OTHER_LECTURER = Member(10, "林知", "lin@test.example", "lecturer")
INSPECTOR = Member(11, "何立", "he@test.example", "inspector")
ASSOCIATION = Member(12, "周慧", "zhou@test.example", "association", association=1)
BUREAU = Member(13, "徐敏", "xu@test.example", "bureau")
ADMINISTRATOR = Member(14, "金晓", "jin@test.example", "administrator")

CAST = (
    SHEN,
    LU,
    OWNER,
    COLLEAGUE,
    NEWCOMER,
    STRANGER,
    GAO,
    OTHER_OFFICER,
    CHEN,
    OTHER_LECTURER,
    INSPECTOR,
    ASSOCIATION,
    BUREAU,
    ADMINISTRATOR,
)
