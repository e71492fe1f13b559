from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext, is_html_empty

from ...tools import public_method


class CallNote(models.Model):
    """What somebody wrote about a call, during it or afterwards."""

    _name = "call.note"
    _description = "Call Note"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "date, id"
    _rec_name = "date"

    call_id = fields.Many2one(
        "call.call", required=True, index=True, ondelete="cascade", writable="create"
    )
    user_id = fields.Many2one(
        "res.users",
        string="Author",
        required=True,
        readonly=True,
        default=lambda s: s.env.user,
        ondelete="restrict",
        when_left="kept",
    )
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    body = fields.Html(string="Note", required=True, writable="user")

    _date_idx = models.Index("(date, id)")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            # by the earlier id of a call, too
            vals["call_id"] = self.env["call.call"].browse(vals.get("call_id") or ()).id
        calls = self.env["call.call"].browse([vals["call_id"] for vals in vals_list])
        if calls.sudo().filtered(lambda call: call.is_private or call.is_anonymized):
            raise UserError(
                self.env._(
                    "Nothing can be written about a call that is private or anonymized. Write it "
                    "elsewhere."
                )
            )
        return super().create(vals_list)

    def _get_beginning(self, length):
        """Return the first characters of the note, as plain text.

        :param int length: how many at most
        :rtype: str
        """
        text = " ".join(html2plaintext(self.body or "").split())
        return text if len(text) <= length else f"{text[: length - 1]}…"


class CallCall(models.Model):
    _inherit = "call.call"

    new_note = fields.Html(
        string="Note",
        store=False,
        inverse="_inverse_new_note",
        writable="user",
        help="A note that is added to the call when it is saved.",
    )

    def _inverse_new_note(self):
        self.env["call.note"].create(
            [
                {"call_id": call.id, "body": call.new_note}
                for call in self
                if not is_html_empty(call.new_note)
            ]
        )

    @public_method(one=True)
    def action_add_template_note(self):
        """Add a note that begins with the questions of the call's category.

        :raise UserError: the category has none
        """
        template = self.category_id._get_note_template()
        if is_html_empty(template):
            raise UserError(self.env._("The category of this call has no questions to ask."))
        self.env["call.note"].create({"call_id": self.id, "body": template})
