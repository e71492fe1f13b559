import logging
import re

from odoo.tests import HttpCase, no_retry, tagged

from odoo.addons.web.tests.test_js import HOOTCommon, unit_test_error_checker

SUITE = "@call_handling"
# Hoot logs this line when a suite of the top level, that is of an addon, has ended.
SUITE_ENDED = re.compile(r'\[HOOT\] "(@[^/"]+)" ended \(passed: (\d+) ')


class _Reader(logging.Handler):
    """Keeps the messages that are logged."""

    def __init__(self):
        super().__init__()
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


@tagged("post_install", "-at_install")
class TestJs(HttpCase):
    """Runs the tests in ``static/tests`` in a browser."""

    @no_retry
    def test_desktop(self):
        self._check_bundle()
        reader = _Reader()
        self._logger.addHandler(reader)
        self.addCleanup(self._logger.removeHandler, reader)
        suite_id = HOOTCommon._generate_hash(self, SUITE)
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={suite_id}",
            "",
            login="admin",
            timeout=600,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=unit_test_error_checker,
        )
        matches = [match for text in reader.texts if (match := SUITE_ENDED.match(text))]
        passed = dict(match.groups() for match in matches)
        self.assertEqual(list(passed), [SUITE], "Other suites were run.")
        self.assertGreater(int(passed[SUITE]), 0)

    def _check_bundle(self):
        """Check that our tests are in the bundle: without them, hoot would run all others."""
        files = self.env["ir.asset"]._get_asset_paths("web.assets_unit_tests", {})
        prefix = f"/{SUITE.removeprefix('@')}/static/tests/"
        ours = [url for url, *_ in files if url.startswith(prefix) and url.endswith(".test.js")]
        self.assertTrue(ours, "None of our tests are in the bundle.")
