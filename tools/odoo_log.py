"""Reads Odoo's log: the results of its tests, and warnings and errors."""

import re
from dataclasses import dataclass, field

# The first line of an entry, which ends where the next entry begins.
_HEAD = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ "
    r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) \S+ (?P<logger>[^:]+): (?P<text>.*)"
)
_RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
_HOOT_PASSED = re.compile(r"\[HOOT\].*?Passed (\d+) tests", re.IGNORECASE)
_HOOT_FAILED = re.compile(r"\[HOOT\].*?Failed (\d+) tests \((\d+) passed", re.IGNORECASE)
_BAD_LEVELS = {"WARNING", "ERROR", "CRITICAL"}


@dataclass
class Findings:
    """The content of a log: numbers of tests, and in ``bad`` the warnings and errors."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    browser: int = 0
    bad: list = field(default_factory=list)

    def __add__(self, other):
        return Findings(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.browser + other.browser,
            self.bad + other.bad,
        )


def read(log_file):
    """Return the results and the warnings in the log of a test run.

    :param pathlib.Path log_file: written by Odoo
    :rtype: Findings
    """
    findings = Findings()
    for level, logger, text in _entries(log_file):
        if level in _BAD_LEVELS:
            findings.bad.append(f"{level} {logger}: {text}")
        if logger == "odoo.tests.result" and (match := _RESULT.search(text)):
            failures, errors, total = map(int, match.groups())
            findings.failed += failures + errors
            findings.passed += total - failures - errors
        elif text.startswith("skipped "):
            findings.skipped += 1
            findings.passed -= 1
        if match := _HOOT_PASSED.search(text):
            findings.browser += int(match[1])
        if match := _HOOT_FAILED.search(text):
            findings.failed += int(match[1])
            findings.browser += int(match[2])
    return findings


def _entries(log_file):
    entry = None
    for line in log_file.read_text(errors="replace").splitlines():
        if match := _HEAD.match(line):
            if entry:
                yield entry
            entry = (match["level"], match["logger"], match["text"])
        elif entry:
            entry = (*entry[:2], f"{entry[2]}\n{line}")
    if entry:
        yield entry
