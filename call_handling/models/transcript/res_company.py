from odoo import api, fields, models
from odoo.exceptions import UserError

from ...adapters.endpoint import Bounds, Endpoint, EndpointError, File
from ...adapters.transcription import Transcriber
from ...tools import ADMIN, display_notification, explain_trouble, public_method
from ...tools.pieces import Piece

PATH = "/v1/audio/transcriptions"
RATE = 8000  # samples per second of what is sent to try the server
TRIAL_SECONDS = 30  # that somebody waits for the answer
SETTINGS = {
    "call_transcript_url",
    "call_transcript_path",
    "call_transcript_model",
    "call_transcript_excluded_ids",
}


class ResCompany(models.Model):
    """The server that writes transcripts. Nothing is sent before its address is entered."""

    _inherit = "res.company"

    call_transcript_url = fields.Char(
        string="Server for Transcripts",
        groups=ADMIN,
        help="The address of a server with OpenAI's transcription API. Recordings are sent there.",
    )
    call_transcript_path = fields.Char(
        string="Path on the Server for Transcripts", groups=ADMIN, default=PATH
    )
    call_transcript_model = fields.Char(
        string="Model for Transcripts",
        groups=ADMIN,
        help="The server's name of its speech model. Empty: the server chooses.",
    )
    call_transcript_excluded_ids = fields.Many2many(
        "hr.department",
        "call_transcript_excluded_rel",
        string="Departments without Transcripts",
        groups=ADMIN,
        help="Recordings of their calls, and of departments below them, are sent nowhere.",
    )
    call_keep_transcript_days = fields.Integer(
        string="Transcripts", help="In days. 0: as long as names and numbers."
    )

    # === CRUD METHODS === #

    def write(self, vals):
        """Override: where recordings are sent, and which, is in the audit trail."""
        result = super().write(vals)
        if vals.keys() & SETTINGS:
            self.env["call.audit"]._log("settings", self)
        return result

    # === BUSINESS METHODS === #

    def _has_transcripts(self):
        """Return whether there is a server that writes transcripts.

        :rtype: bool
        """
        # sudo: whether there is one is not confidential
        return bool((self.sudo().call_transcript_url or "").strip())

    def _get_transcript_endpoint(self):
        """Return the server that writes transcripts.

        :rtype: adapters.endpoint.Endpoint
        """
        self.ensure_one()
        # sudo: nobody reads the key
        company_sudo = self.sudo()
        return Endpoint(
            (company_sudo.call_transcript_url or "").strip(),
            (company_sudo.call_transcript_path or PATH).strip(),
            key=company_sudo.call_transcript_key or "",
            model=(company_sudo.call_transcript_model or "").strip(),
        )

    def _try_transcript_server(self):
        """Ask the server for a transcript of a second of silence.

        :raise UserError: it does not answer
        """
        file = File(
            "silence.wav", "audio/wav", Piece(0, 0, RATE, RATE, bytes(2 * RATE)).write_wav()
        )
        server = Transcriber(self._get_transcript_endpoint(), Bounds(TRIAL_SECONDS))
        try:
            server.transcribe(file, 1000)
        except EndpointError as error:
            raise UserError(explain_trouble(self.env, error)) from None


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    call_transcript_url = fields.Char(related="company_id.call_transcript_url", readonly=False)
    call_transcript_path = fields.Char(related="company_id.call_transcript_path", readonly=False)
    call_transcript_model = fields.Char(related="company_id.call_transcript_model", readonly=False)
    call_transcript_excluded_ids = fields.Many2many(
        related="company_id.call_transcript_excluded_ids", readonly=False
    )
    call_keep_transcript_days = fields.Integer(
        related="company_id.call_keep_transcript_days", readonly=False
    )
    failed_call_transcripts = fields.Integer(compute="_compute_failed_call_transcripts")

    # === COMPUTE METHODS === #

    @api.depends("company_id")
    def _compute_failed_call_transcripts(self):
        for settings in self:
            # sudo: how many have failed is not confidential
            transcripts_sudo = self.env["call.transcript"].sudo()
            failed = transcripts_sudo._get_failed_domain(settings.company_id)
            settings.failed_call_transcripts = transcripts_sudo.search_count(failed)

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_retry_call_transcripts(self):
        """Have written what has failed, once the server works again."""
        self._check_call_admin()
        # sudo: an administrator need not be one who may read them
        transcripts_sudo = self.env["call.transcript"].sudo()
        failed = transcripts_sudo._get_failed_domain(self.company_id)
        transcripts_sudo.search(failed)._start()

    @public_method(one=True)
    def action_try_call_transcript_server(self):
        """Tell whether the server that was saved answers.

        :raise UserError: it does not
        """
        self._check_call_admin()
        if not self.company_id._has_transcripts():
            raise UserError(self.env._("Enter the address of the server, and save it first."))
        if self.env["call.pbx"]._is_database_copy():
            raise UserError(self.env._("A copy of the database sends nothing to servers."))
        self.company_id._try_transcript_server()
        return display_notification(self.env._("The server answers."), "success")
