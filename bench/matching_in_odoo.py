"""Runs in Odoo's shell, for ``matching.py``: its ``env`` is of the prepared database."""

import random
import re
import statistics
import time

LOOKUPS = 2000
SLOW_LOOKUPS = 5
FIRST, CONTACTS, FURTHER, BLOCKS = 10_000_000, 1_000_000, 200_000, 1_000

Numbers = env["call.number"]  # noqa: F821
company = env.company  # noqa: F821
cr = env.cr  # noqa: F821
chance = random.Random(19)


def numbers_of(kind):
    """Numbers to look up: of contacts, further ones, within blocks, or of nobody."""
    begin, first, count, end = {
        "main number": ("+4930", FIRST, CONTACTS, ""),
        "further number": ("+4940", FIRST, FURTHER, ""),
        "number in a block": ("+4989", 100_000, BLOCKS, "77"),
        "nobody's": ("+49521", FIRST, CONTACTS, ""),
    }[kind]
    return [f"{begin}{first + chance.randint(1, count)}{end}" for _lookup in range(LOOKUPS)]


def show(name, seconds):
    """A row of the table."""
    percentiles = statistics.quantiles(seconds, n=100)
    median, last = percentiles[49] * 1000, percentiles[98] * 1000
    print(f"{name:<42}{median:>10.3f}{last:>10.3f}")


def timed(function, *arguments):
    """Seconds that a call takes."""
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started


print(f"{'a lookup among 1,000,000 contacts':<42}{'p50 ms':>10}{'p99 ms':>10}")
expected = {
    "main number": "number",
    "further number": "extra_number",
    "number in a block": "company_block",
    "nobody's": "none",
}
for kind, match in expected.items():
    numbers = numbers_of(kind)
    found = {Numbers._match(number, company).match for number in numbers[:50]}
    if found != {match}:
        raise AssertionError(f"{kind}: {found}")
    for part, function in (("query", Numbers._search_owners), ("decision too", Numbers._match)):
        show(f"{kind}, {part}", [timed(function, number, company) for number in numbers])

typed = [
    timed(
        cr.execute,
        "SELECT id FROM res_partner WHERE regexp_replace(phone, '[^0-9+]', '', 'g') LIKE %s",
        [f"%{number[-8:]}"],
    )
    for number in numbers_of("main number")[:SLOW_LOOKUPS]
]
show("the number as typed, no index", typed * 2)

statements = []
execute = cr.execute


def listen(query, params=None, log_exceptions=True):
    """Run a query and remember it."""
    statements.append((query, params))
    return execute(query, params, log_exceptions)


cr.execute = listen
Numbers._search_owners(f"+4930{FIRST + 77}", company)
query, _params = statements[-1]
del cr.execute
cr.execute("EXPLAIN (ANALYZE, BUFFERS) " + query.code, query.params)
plan = "\n".join(row[0] for row in cr.fetchall())
print(f"\n{plan}")
if re.search(r"Seq Scan", plan):
    raise AssertionError("The lookup reads a whole table.")
