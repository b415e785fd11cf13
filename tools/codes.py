"""Credit codes that are right and that no enterprise has, for tests and benches."""

from stdnum.cn import uscc

from courses.people.identity import organisation_check


def credit_code(number: int) -> str:
    """Return the code of the invented enterprise with this number, its two check digits right."""
    eight = f"M{number:07}"
    first = f"91330481{eight}{organisation_check(eight)}"
    return first + str(uscc.calc_check_digit(first))
