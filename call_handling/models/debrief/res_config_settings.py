from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ...adapters.endpoint import EndpointError
from ...adapters.summarizing import AnswerError, Conversation
from ...tools import ADMIN, display_notification, public_method

SAMPLE = """\
Caller: Hello, this is a test. Our heating is cold again.
Our side: We will send somebody next week.
"""


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    call_debrief_url = fields.Char(related="company_id.call_debrief_url", readonly=False)
    call_debrief_path = fields.Char(related="company_id.call_debrief_path", readonly=False)
    call_debrief_model = fields.Char(related="company_id.call_debrief_model", readonly=False)
    call_debrief_language = fields.Selection(
        related="company_id.call_debrief_language", readonly=False
    )
    call_debrief_notes = fields.Boolean(related="company_id.call_debrief_notes", readonly=False)
    new_call_debrief_key = fields.Char(related="company_id.new_call_debrief_key", readonly=False)
    has_call_debrief_key = fields.Boolean(related="company_id.has_call_debrief_key")
    call_keep_debrief_days = fields.Integer(
        related="company_id.call_keep_debrief_days", readonly=False
    )

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_try_call_debrief(self):
        """Ask the server about two invented sentences, and show what it answers.

        :raise UserError: it does not answer as it should
        """
        if not self.env.user.has_group(ADMIN):
            raise AccessError(self.env._("Only administrators of calls can try the server."))
        debriefs, company = self.env["call.debrief"], self.env.company
        if not (endpoint := company._get_debrief_endpoint()):
            raise UserError(self.env._("Enter the address of a server first."))
        language = company._get_debrief_language(self.env.user)
        sample = Conversation(SAMPLE, fields.Date.context_today(self), language)
        try:
            points = debriefs._send(endpoint, sample)
        except (EndpointError, AnswerError) as error:
            raise UserError(debriefs._explain(error)) from None
        said = points[0].text if points and points[0].text else self.env._("nothing")
        return display_notification(self.env._("The server answers. It proposes: %s", said))
