"""Write docs/rights.md from the table of rights: python -m tools.rights"""

from config import ROOT
from courses.people.model import Role
from courses.people.rights import GRANTS, PUBLIC, reached_by

FILE = ROOT / "docs" / "rights.md"


def page() -> str:
    """Return the table as a page: one line per right, who holds it and for what."""
    lines = [
        "# Who may do what",
        "",
        "Made from `courses/people/rights.py` by `python -m tools.rights`; a test compares the two.",
        "",
        "A program does as its person may, so far as its token goes: each reads; the last column says what else.",
        "",
        "| right | who | for what | a token to |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{right}` | everyone, also signed out | anything | read |" for right in sorted(PUBLIC)]
    for right, grants in sorted(GRANTS.items()):
        for roles, scope in grants:
            who = "everyone signed in" if len(roles) == len(Role) else ", ".join(sorted(roles))
            token = " or ".join(reached_by(right, False, scope))
            lines.append(f"| `{right}` | {who} | {scope.__name__.replace('_', ' ')} | {token} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(page())
