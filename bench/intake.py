"""A sheet of 5,000 enterprises with their managers: sent, looked at, written, and sent again."""

import csv
import io
import time

from sqlalchemy import select

from bench.town import Town
from courses.ground.db import db
from courses.people.model import Post, Role
from courses.people.queries import actor_of
from courses.setup import actions, imports
from courses.setup.model import Stage
from tools.codes import credit_code

ROWS = 5000


def sheet(first: int) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow("统一社会信用代码 企业名称 镇街 姓名 岗位 手机号 邮箱".split())
    writer.writerows(
        [credit_code(n), f"第{n}有限公司", "海昌街道", f"人{n}", "环保管理员", f"139{n:08}", f"i{n}@bench.example"]
        for n in range(first, first + ROWS)
    )
    return file.getvalue().encode("utf-8-sig")


def measure(town: Town) -> dict[str, float]:
    """Return the seconds of each step and the rows per second of all, for a new sheet and for the same one again."""
    content = sheet(100_000)
    with town.app.test_request_context():
        actor = actor_of(db.session.scalars(select(Post.person_id).where(Post.role == Role.ADMINISTRATOR)).first() or 0)
        assert actor is not None
        looked, written = _import(actor, content)
        again, rewritten = _import(actor, content)
        db.session.remove()
    return {
        "look_s": looked,
        "write_s": written,
        "rows_per_second": ROWS / (looked + written),
        "again_rows_per_second": ROWS / (again + rewritten),
    }


def _import(actor: object, content: bytes) -> tuple[float, float]:
    began = time.perf_counter()
    import_id = actions.take_in(actor, "bench.csv", content)  # type: ignore[arg-type]
    while (found := imports.sheet_of(import_id)) and found.stage == Stage.CHECKING:
        actions.look_on(actor, import_id)  # type: ignore[arg-type]
    looked = time.perf_counter()
    done = actions.adopt(actor, import_id)  # type: ignore[arg-type]
    if done.wrong:
        raise SystemExit(f"{done.wrong} rows of the bench's sheet are wrong")
    return looked - began, time.perf_counter() - looked
