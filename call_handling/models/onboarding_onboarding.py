from odoo import api, models

from ..tools import public_method

CALLS = "call_handling.onboarding_onboarding_calls"


class OnboardingOnboarding(models.Model):
    _inherit = "onboarding.onboarding"

    @public_method()
    @api.model
    def get_call_steps(self):
        """Return the first steps of administrators of calls in the current company, for the panel
        above the list of calls. What is done already is found out from the data.

        :return: in their order; none if the panel is closed or everything is done
        :rtype: list[dict]
        """
        onboarding_sudo = self._get_call_onboarding_sudo()
        if not onboarding_sudo or onboarding_sudo.is_onboarding_closed:
            return []
        steps_sudo = onboarding_sudo.step_ids
        steps_sudo._validate_call_steps()
        is_complete = all(step.current_step_state != "not_done" for step in steps_sudo)
        return [] if is_complete else [step._prepare_call_step() for step in steps_sudo]

    @public_method()
    @api.model
    def action_close_call_steps(self):
        """Hide the first steps of administrators of calls for all of them."""
        self._get_call_onboarding_sudo().action_close()

    @api.model
    def _get_call_onboarding_sudo(self):
        """Return the first steps of the current company, if the user is to do them."""
        # sudo: administrators of calls need not be those of Odoo, who alone may read onboardings
        onboardings_sudo = self.sudo()
        if not self.env["call.pbx"].has_access("create"):
            return onboardings_sudo.browse()
        onboarding_sudo = onboardings_sudo.env.ref(CALLS, raise_if_not_found=False)
        if not onboarding_sudo:
            return onboardings_sudo.browse()
        onboarding_sudo._search_or_create_progress()
        return onboarding_sudo
