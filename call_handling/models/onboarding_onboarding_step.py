from odoo import api, models

from ..tools import ADMIN, OWN, public_method


class OnboardingOnboardingStep(models.Model):
    """The first steps of administrators of calls.

    Each has a method that opens it, ``action_open_call_<name>``, and one that finds out whether
    it is done, ``_is_call_<name>_done``. Addons add a step in the same way.
    """

    _inherit = "onboarding.onboarding.step"

    # === ACTION METHODS === #

    @public_method()
    @api.model
    def action_open_call_system(self):
        """Connect a telephone system, or go on with the one that exists."""
        system = self._get_call_systems()[:1]
        if system:
            return system._get_records_action()
        return self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_pbx_action_new")

    @public_method()
    @api.model
    def action_open_call_phones(self):
        """Say whose phones have rung or, before any has, enter them."""
        for system in self._get_call_systems():
            if action := system.action_choose_phone_owner():
                return action
        xmlid = "call_handling.call_extension_action"
        return self.env["ir.actions.act_window"]._for_xml_id(xmlid)

    @public_method()
    @api.model
    def action_open_call_lines(self):
        """Enter the own numbers."""
        return self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_line_action")

    @public_method()
    @api.model
    def action_open_call_first(self):
        """Open the telephone system, which says what is still missing for the first call."""
        return self.action_open_call_system()

    @public_method()
    @api.model
    def action_open_call_roles(self):
        """Open the users, to choose who sees which calls."""
        return self.env["ir.actions.act_window"]._for_xml_id("base.action_res_users")

    # === BUSINESS METHODS === #

    def _prepare_call_step(self):
        """Return what the panel shows of a step.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "title": self.title,
            "description": self.description,
            "button": self.button_text,
            "method": self.panel_step_open_action_name,
            "is_done": self.current_step_state != "not_done",
        }

    def _validate_call_steps(self):
        """Mark the steps that are done."""
        for step in self.filtered(lambda step: step.current_step_state == "not_done"):
            name = step.panel_step_open_action_name.removeprefix("action_open_")
            if getattr(step, f"_is_{name}_done")():
                step.action_set_just_done()

    @api.model
    def _get_call_systems(self):
        """Return the telephone systems of the company. The simulated ones are for trying."""
        systems = self.env["call.pbx"].search([("company_id", "=", self.env.company.id)])
        return systems.filtered(lambda system: not system.can_simulate)

    @api.model
    def _is_call_system_done(self):
        return bool(self._get_call_systems())

    @api.model
    def _is_call_phones_done(self):
        phones = self._get_call_systems().extension_ids
        return any(phone.user_id or phone.employee_id for phone in phones)

    @api.model
    def _is_call_lines_done(self):
        of_company = [("company_id", "=", self.env.company.id)]
        return bool(self.env["call.line"].search_count(of_company, limit=1))

    @api.model
    def _is_call_first_done(self):
        reported = [("pbx_id", "in", self._get_call_systems().ids)]
        return bool(self.env["call.call"].search_count(reported, limit=1))

    @api.model
    def _is_call_roles_done(self):
        """Return whether somebody else than administrators can see calls."""
        own = self.env.ref(OWN)
        admin = self.env.ref(ADMIN)
        users = self.env["res.users"]
        admins = users.search([("all_group_ids", "in", admin.ids)])
        others = [("id", "not in", admins.ids), ("all_group_ids", "in", own.ids)]
        of_company = [("company_ids", "in", self.env.company.id), ("share", "=", False)]
        return bool(users.search_count(others + of_company, limit=1))
