"""Sets of days, as sorted pairs of a first and a last day that do not touch each other."""

from datetime import date, timedelta

DAY = timedelta(days=1)
ALWAYS = (date.min, date.max)


def join(periods, most=None):
    """Return the days of several periods as a set.

    :param periods: pairs in any order, which may overlap
    :param int most: of so many pairs the set may consist: it then has more days, as the shortest
        gaps are filled
    :rtype: list[tuple[date, date]]
    """
    joined = []
    for first, last in sorted(periods):
        if joined and (joined[-1][1] == date.max or first <= joined[-1][1] + DAY):
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    while most and len(joined) > most:
        _gap, index = min(
            (joined[index + 1][0] - joined[index][1], index) for index in range(len(joined) - 1)
        )
        joined[index : index + 2] = [(joined[index][0], joined[index + 1][1])]
    return joined


def cut(days, first, last):
    """Return a set of days without those of a period.

    :param days: a set, see :func:`join`
    """
    left = []
    for begin, end in days:
        if end < first or begin > last:
            left.append((begin, end))
            continue
        if begin < first:
            left.append((begin, first - DAY))
        if end > last:
            left.append((last + DAY, end))
    return left


def overlap(days, first, last):
    """Return the days of a set that are in a period."""
    return [
        (max(begin, first), min(end, last)) for begin, end in days if begin <= last and end >= first
    ]


def find_period(domain, name="date"):
    """Return a period outside of which a domain finds nothing.

    :param Domain domain: optimized, so that its values are dates
    :param str name: of the field with the day
    :return: first and last day; the first is after the last if it finds nothing at all
    """
    if domain.is_false():
        return date.max, date.min
    operator = getattr(domain, "OPERATOR", None)
    if operator in ("&", "|"):
        found = [find_period(child, name) for child in domain.children]
        begins, ends = zip(*found, strict=True)
        inner, outer = (max, min) if operator == "&" else (min, max)
        return inner(begins), outer(ends)
    if getattr(domain, "field_expr", None) == name:
        return _find_period_of(domain.operator, domain.value)
    return ALWAYS


def _find_period_of(operator, value):
    if operator == "in" and value and all(isinstance(each, date) for each in value):
        return min(value), max(value)
    if isinstance(value, date):
        if operator in ("<", "<="):
            return date.min, value
        if operator in (">", ">="):
            return value, date.max
    return ALWAYS
