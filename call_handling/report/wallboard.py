from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import ALL, DEPARTMENT, public_method

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
            "available": self._get_available(scope),
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
        if not self._names_people(leg.call_id.company_id):
            return ""
        return leg.employee_id.display_name or leg.user_id.display_name or leg.extension

    @api.model
    def _names_people(self, company):
        """Return whether the company wants to see who does what at this moment: that is a figure
        per person, and a state of a phone.

        :rtype: bool
        """
        # sudo: what is shown is not confidential
        company_sudo = company.sudo()
        return company_sudo.call_figures_per_person and company_sudo.call_phone_states

    # === WHO IS FREE === #

    @api.model
    def _get_available(self, scope):
        """Return who is free and who is not to be disturbed, by name, where telephone systems
        report it; nobody where the company does not want it.

        :param str scope: as of :meth:`get_wallboard`
        :return: lists of names
        :rtype: dict[str, list]
        """
        domain = self._get_visible_phones_domain() & self._get_phones_domain(scope)
        companies = self.env.companies.filtered(self._names_people)
        domain &= Domain("pbx_id.company_id", "in", companies.ids)
        # sudo: whoever sees calls sees phones; whose, was decided above
        phones_sudo = self.env["call.extension"].sudo().search(domain)
        names = {"free": [], "dnd": []}
        for owner_sudo, state in phones_sudo._get_availability().items():
            names[state].append(owner_sudo.name)
        return {state: sorted(of_state) for state, of_state in names.items()}

    @api.model
    def _get_visible_phones_domain(self):
        """Return the domain of the phones of those whose calls the current user sees."""
        user = self.env.user
        if user.has_group(ALL):
            return Domain.TRUE
        domain = Domain("user_id", "=", user.id)
        if user.has_group(DEPARTMENT):
            # sudo: which departments one belongs to or leads is not confidential
            departments_sudo = self.env["hr.department"].sudo()
            led_sudo = departments_sudo.search([("manager_id.user_id", "=", user.id)])
            own_sudo = user.sudo().employee_ids.department_id
            domain |= self._get_phones_of_departments(own_sudo.ids, "child_of")
            domain |= self._get_phones_of_departments([*led_sudo.ids], "in")
        return domain

    @api.model
    def _get_phones_domain(self, scope):
        if scope == "own":
            return Domain("user_id", "=", self.env.uid)
        if scope == "all":
            return Domain.TRUE
        return self._get_phones_of_departments(self._get_scope_department(scope), "child_of")

    @api.model
    def _get_phones_of_departments(self, departments, operator):
        of_users = Domain("user_id.employee_ids.department_id", operator, departments)
        return of_users | Domain("employee_id.department_id", operator, departments)

    @api.model
    def _get_age(self, moment):
        return max(0, int((fields.Datetime.now() - moment).total_seconds()))
