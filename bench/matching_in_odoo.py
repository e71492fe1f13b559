"""Runs in Odoo's shell for ``matching.py``, on the prepared database."""

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
rng = random.Random(19)


def numbers_of(kind):
    """Return random numbers of a kind to look up."""
    prefix, first, count, suffix = {
        "main number": ("+4930", FIRST, CONTACTS, ""),
        "further number": ("+4940", FIRST, FURTHER, ""),
        "number with a prefix": ("+4989", 100_000, BLOCKS, "77"),
        "unknown number": ("+49521", FIRST, CONTACTS, ""),
    }[kind]
    return [f"{prefix}{first + rng.randint(1, count)}{suffix}" for _lookup in range(LOOKUPS)]


def print_row(name, seconds):
    """Print a row of the table."""
    percentiles = statistics.quantiles(seconds, n=100)
    median, last = percentiles[49] * 1000, percentiles[98] * 1000
    print(f"{name:<42}{median:>10.3f}{last:>10.3f}")


def measure(function, *arguments):
    """Call a function; return how many seconds it took."""
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started


print(f"{'a lookup among 1,000,000 contacts':<42}{'p50 ms':>10}{'p99 ms':>10}")
expected = {
    "main number": "number",
    "further number": "extra_number",
    "number with a prefix": "company_block",
    "unknown number": "none",
}
for kind, match in expected.items():
    numbers = numbers_of(kind)
    found = {Numbers._match(number, company).match for number in numbers[:50]}
    if found != {match}:
        raise AssertionError(f"{kind}: {found}")
    for part, function in (("query", Numbers._search_owners), ("query and match", Numbers._match)):
        print_row(f"{kind}, {part}", [measure(function, number, company) for number in numbers])

typed = [
    measure(
        cr.execute,
        "SELECT id FROM res_partner WHERE regexp_replace(phone, '[^0-9+]', '', 'g') LIKE %s",
        [f"%{number[-8:]}"],
    )
    for number in numbers_of("main number")[:SLOW_LOOKUPS]
]
print_row("the number as typed, no index", typed * 2)

statements = []
execute = cr.execute


def record(query, params=None, log_exceptions=True):
    """Run a query and record it."""
    statements.append((query, params))
    return execute(query, params, log_exceptions)


cr.execute = record
Numbers._search_owners(f"+4930{FIRST + 77}", company)
query, _params = statements[-1]
del cr.execute
cr.execute("EXPLAIN (ANALYZE, BUFFERS) " + query.code, query.params)
plan = "\n".join(row[0] for row in cr.fetchall())
print(f"\n{plan}")
if re.search(r"Seq Scan", plan):
    raise AssertionError("The lookup reads a whole table instead of using an index.")
