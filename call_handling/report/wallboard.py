from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import public_method

TODAY = ("offered", "answered", "missed", "service_base", "service_level", "service_goal")


class CallReport(models.Model):
    """What hangs on the wall: who waits and who speaks now, and how today is going."""

    _inherit = "call.report"

    @public_method()
    @api.model
    @api.readonly
    def get_wallboard(self, scope: str):
        """Return what is going on now, as the current user may see it.

        :param str scope: as of :meth:`get_dashboard`
        :raise UserError: there is no such scope
        :rtype: dict
        """
        today = self._get_scope_domain(scope) & self._get_period_domain(self._get_local_now(), 1)
        [(_all, figures)] = self._read_figures(today, TODAY)
        running = self._search_running(scope)
        return {
            "scopes": self._get_scopes(),
            "today": figures,
            "waiting": self._get_waiting(running),
            "talking": self._get_talking(running),
            "callbacks": self._get_callbacks(scope),
        }

    @api.model
    def _search_running(self, scope):
        """Return the calls that have not ended, without private and unwanted ones."""
        domain = Domain("state", "!=", "ended") & self._get_scope_domain(
            scope, "call_call_rule_own"
        )
        domain &= Domain("is_private", "=", False) & Domain("is_blocked", "=", False)
        return self.env["call.call"].search(domain & Domain("direction", "!=", "internal"))

    @api.model
    def _get_waiting(self, running):
        """Return for how many seconds each caller has been waiting, the longest first."""
        waiting = running.filtered(
            lambda call: call.state == "ringing" and call.direction == "incoming"
        )
        return sorted(map(self._get_age, waiting.mapped("date_start")), reverse=True)

    @api.model
    def _get_talking(self, running):
        """Return who speaks and since how many seconds; nobody's name where the company wants no
        figures per person."""
        open_legs = running.leg_ids.filtered(
            lambda leg: leg.date_answer and not leg.date_end and leg.extension
        )
        talking = [
            {
                "id": leg.id,
                "name": self._get_talking_name(leg),
                "seconds": self._get_age(leg.date_answer),
            }
            for leg in open_legs
        ]
        return sorted(talking, key=lambda each: -each["seconds"])

    @api.model
    def _get_talking_name(self, leg):
        if not leg.call_id.company_id.call_figures_per_person:
            return ""
        return leg.employee_id.display_name or leg.user_id.display_name or leg.extension

    @api.model
    def _get_age(self, moment):
        return max(0, int((fields.Datetime.now() - moment).total_seconds()))
