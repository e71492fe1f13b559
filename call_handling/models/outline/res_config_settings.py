from odoo import fields, models
from odoo.exceptions import UserError

from ...adapters.endpoint import EndpointError
from ...adapters.summarizing import AnswerError, Conversation
from ...tools import display_notification, public_method

SAMPLE = """\
Caller: Hello, this is a test. Our heating is cold again.
Our side: We will send somebody next week.
"""


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    call_outline_url = fields.Char(related="company_id.call_outline_url", readonly=False)
    call_outline_path = fields.Char(related="company_id.call_outline_path", readonly=False)
    call_outline_model = fields.Char(related="company_id.call_outline_model", readonly=False)
    call_outline_language = fields.Selection(
        related="company_id.call_outline_language", readonly=False
    )
    call_outline_notes = fields.Boolean(related="company_id.call_outline_notes", readonly=False)
    call_keep_outline_days = fields.Integer(
        related="company_id.call_keep_outline_days", readonly=False
    )

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_try_call_outline(self):
        """Ask the server about two invented sentences, and show what it answers.

        :raise UserError: it does not answer as it should
        """
        self._check_call_admin()
        outlines, company = self.env["call.outline"], self.company_id
        if not (endpoint := company._get_outline_endpoint()):
            raise UserError(self.env._("Enter the address of a server first."))
        if self.env["call.pbx"]._is_database_copy():
            raise UserError(self.env._("A copy of the database sends nothing to servers."))
        language = company._get_outline_language(self.env.user)
        sample = Conversation(SAMPLE, fields.Date.context_today(self), language)
        try:
            points = outlines._send(endpoint, sample)
        except (EndpointError, AnswerError) as error:
            raise UserError(outlines._explain(error)) from None
        said = points[0].text if points and points[0].text else self.env._("nothing")
        return display_notification(self.env._("The server answers. It proposes: %s", said))
