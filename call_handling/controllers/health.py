import json
import time

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..models.health.monitoring import is_token
from ..models.pbx.health_screen import ERROR

CACHE_SECONDS = 10
NO_CACHE = [("Cache-Control", "no-store")]


class HealthController(http.Controller):
    """Says to a monitoring program whether the telephone systems work: nothing but states."""

    _health_url = "/call_handling/health"
    _known: dict[str, tuple[float, dict]] = {}  # report and until when it is valid, by database

    @http.route(
        _health_url, type="http", auth="none", methods=["GET"], save_session=False, readonly=True
    )
    def check(self, token="", **_query):
        """Return the state of each telephone system, as JSON.

        The status is 503 if one of them does not work, and 403 without the token.

        :param str token: for programs that cannot send the header ``Authorization: Bearer …``
        """
        scheme, _blank, given = request.httprequest.headers.get("Authorization", "").partition(" ")
        # sudo: monitoring programs have no user; the token authenticates them
        env_sudo = request.env(user=SUPERUSER_ID, su=True)
        if not is_token(env_sudo, given.strip() if scheme.lower() == "bearer" else token):
            return request.make_json_response({"error": "refused"}, NO_CACHE, status=403)
        report = self._get_report(env_sudo)
        status = 503 if report["status"] == ERROR else 200
        body = json.dumps(report)
        return request.make_response(
            body, [("Content-Type", "application/json"), *NO_CACHE], status=status
        )

    def _get_report(self, env_sudo):
        """Return the report; it is made at most once in some seconds, however often it is read."""
        now, database = time.monotonic(), env_sudo.cr.dbname
        until, report = self._known.get(database, (0, None))
        if now >= until:
            report = env_sudo["call.pbx"]._get_health_report()
            self._known[database] = now + CACHE_SECONDS, report
        return report
