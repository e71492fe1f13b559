"""Reading the log of a test run. A bug here would hide failures."""

import pytest

from tools import odoo_log, testing
from tools.odoo_log import Findings

HEAD = "2026-11-24 04:00:00,000 1234"


@pytest.fixture
def read(tmp_path):
    """Read a log with these lines, each ``LEVEL logger: text`` or the rest of an entry."""

    def read_lines(*lines):
        log = tmp_path / "odoo.log"
        texts = []
        for line in lines:
            level, _blank, rest = line.partition(" ")
            is_entry = level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
            texts.append(f"{HEAD} {level} db {rest}" if is_entry else line)
        log.write_text("\n".join(texts))
        return odoo_log.read(log)

    return read_lines


def test_results_are_counted(read):
    findings = read(
        "INFO odoo.modules.loading: 54 modules loaded",
        "INFO odoo.tests.result: 0 failed, 0 error(s) of 148 tests when loading database 'db'",
    )
    assert findings == Findings(passed=148)


def test_failures_and_errors_are_failures(read):
    findings = read(
        "ERROR odoo.tests.result: 2 failed, 1 error(s) of 10 tests when loading database 'db'"
    )
    assert (findings.passed, findings.failed) == (7, 3)


def test_a_skipped_test_does_not_count_as_passed(read):
    findings = read(
        "INFO odoo.addons.x.tests.test_y: skipped TestY.test_z : Chrome executable not found",
        "INFO odoo.tests.result: 0 failed, 0 error(s) of 5 tests when loading database 'db'",
    )
    assert (findings.passed, findings.skipped) == (4, 1)


@pytest.mark.parametrize("level", ["WARNING", "ERROR", "CRITICAL"])
def test_warnings_and_errors_are_found_with_all_their_lines(read, level):
    findings = read(
        f"{level} odoo.addons.x: something is wrong",
        "Traceback (most recent call last):",
        "ValueError: no",
        "INFO odoo.addons.x: all is well again",
    )
    (entry,) = findings.bad
    assert entry.startswith(f"{level} odoo.addons.x: something is wrong")
    assert entry.endswith("ValueError: no")


def test_the_last_entry_counts_too(read):
    assert len(read("INFO a.b: fine", "ERROR a.b: not fine").bad) == 1


def test_browser_tests_are_counted(read):
    browser = "odoo.addons.call_handling.tests.test_js.TestJs.test_desktop.browser:"
    findings = read(
        f'INFO {browser} [HOOT] "@call_handling/live_views" ended (passed: 28 / time: 14050 ms)',
        f"INFO {browser} [HOOT] Passed 82 tests (348 assertions, total time: 00:00:18)",
        f"INFO {browser} [HOOT] Test suite succeeded",
        "INFO odoo.tests.result: 0 failed, 0 error(s) of 1 tests when loading database 'db'",
    )
    assert findings == Findings(passed=1, browser=82)


def test_failed_and_passed_browser_tests_are_both_counted(read):
    findings = read("INFO a.browser: [HOOT] Failed 1 tests (90 passed, total time: 00:00:20)")
    assert (findings.failed, findings.browser) == (1, 90)


def test_an_empty_log_has_no_tests(read):
    assert read("") == Findings()


def test_a_log_that_ends_within_an_entry_is_read_to_the_end(tmp_path):
    log = tmp_path / "odoo.log"
    entry = f"{HEAD} ERROR db odoo.addons.x: broken\nValueError: ü"
    log.write_bytes(entry.encode()[:-1])  # within the last character
    (bad,) = odoo_log.read(log).bad
    assert bad.startswith("ERROR odoo.addons.x: broken\nValueError: ")


@pytest.mark.parametrize(
    ("findings", "line", "status"),
    [
        (Findings(passed=3, browser=4), "7 passed, 0 failed, 0 skipped", 0),
        (Findings(passed=3, failed=1), "3 passed, 1 failed, 0 skipped", 1),
        (Findings(passed=3, skipped=1), "3 passed, 0 failed, 1 skipped", 1),
        (Findings(passed=3, bad=["WARNING a: b"]), "3 passed, 1 failed, 0 skipped", 1),
    ],
)
def test_the_last_line_shows_the_totals_and_matches_the_exit_status(capsys, findings, line, status):
    assert testing._print_totals(findings) == status
    assert capsys.readouterr().out.splitlines()[-1] == line
