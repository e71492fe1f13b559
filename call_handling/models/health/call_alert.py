from markupsafe import Markup

from odoo import api, fields, models

from ...tools import public_method

ACTIVITY_TYPE = "call_handling.mail_activity_type_telephone_system"
ADMIN = "call_handling.group_call_handling_admin"


class CallAlert(models.Model):
    """Something about a telephone system that its administrators were alerted to.

    There is one open alert per kind and telephone system: it is closed when its reason is over,
    and only then another one can follow.
    """

    _name = "call.alert"
    _description = "Alert of a Telephone System"
    _inherit = ["call.guard.mixin"]
    _order = "date_start desc, id desc"
    _rec_name = "kind"

    pbx_id = fields.Many2one(
        "call.pbx",
        string="Telephone System",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="pbx_id.company_id")
    # The names of the findings of `call.pbx._get_health_names`
    kind = fields.Selection(
        [
            ("silent", "No events arrive"),
            ("refused", "Requests are refused"),
            ("failing", "Requests fail in Odoo"),
            ("failed_events", "Events could not be processed"),
            ("old_secret", "The old secret ends soon, and is still used"),
            ("clock", "The clocks differ"),
            ("relay_stopped", "The relay does not report any more"),
            ("relay_queue", "Events are waiting at the relay"),
        ],
        required=True,
        readonly=True,
    )
    date_start = fields.Datetime(
        string="Noticed At", required=True, readonly=True, default=fields.Datetime.now
    )
    date_end = fields.Datetime(string="Over At", readonly=True)
    activity_ids = fields.Many2many("mail.activity", readonly=True, string="Activities")

    _open_uniq = models.UniqueIndex(
        "(pbx_id, kind) WHERE date_end IS NULL", "This alert is open already."
    )

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_view_health(self):
        """Open the health page of the telephone system."""
        return self.pbx_id.action_view_health()

    # === BUSINESS METHODS === #

    @api.model
    def _update(self, pbx, findings):
        """Close the alerts of what is over, and alert to what is new.

        :param call.pbx pbx: the telephone system
        :param list findings: what is wrong with it now, as :class:`..pbx.findings.Finding`
        """
        names = [finding.name for finding in findings]
        of_pbx = self.search([("pbx_id", "=", pbx.id), ("date_end", "=", False)])
        of_pbx.filtered(lambda alert: alert.kind not in names)._close()
        for name in names:
            if name not in of_pbx.mapped("kind"):
                self.create({"pbx_id": pbx.id, "kind": name})._notify()

    def _close(self):
        """Note that it is over, and mark its activities as done."""
        for alert in self:
            alert.date_end = fields.Datetime.now()
            # those that somebody has done already are archived or deleted
            feedback = self.env._("It is over: nobody has to do anything any more.")
            alert.activity_ids.exists()._action_done(feedback=feedback)

    def _notify(self):
        """Create an activity, and a mail, for each administrator of calls of the company."""
        self.ensure_one()
        for user in self._get_recipients():
            alert = self.with_context(lang=user.lang, tz=user.tz)
            title, text = alert._get_title(), alert._get_text()
            activity = alert.pbx_id.with_context(mail_activity_quick_update=True).activity_schedule(
                ACTIVITY_TYPE, summary=title, note=alert._prepare_body(text), user_id=user.id
            )
            self.activity_ids += activity
            if user.email:
                self.env["mail.mail"].create(alert._prepare_mail_values(user, title, text))

    def _get_recipients(self):
        """Return who is alerted.

        :rtype: res.users
        """
        administrators = self.env.ref(ADMIN).all_user_ids
        return administrators.filtered(
            lambda user: user.active and self.company_id in user.company_ids
        )

    def _get_title(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        return f"{self.pbx_id.name}: {kinds[self.kind]}"

    def _get_text(self):
        """Return what is wrong and what to do next, in the language of the context."""
        finding = self.pbx_id._find_health(self.kind)
        return finding.text if finding else ""

    def _prepare_body(self, text):
        link = self.env._("Open the Health Page")
        template = Markup('<p>{}</p><p><a href="{}">{}</a></p>')
        return template.format(text, self.pbx_id._get_health_url(), link)

    def _prepare_mail_values(self, user, title, text):
        sender = self.company_id.email_formatted or self.env.user.email_formatted
        return {
            "subject": title,
            "body_html": self._prepare_body(text),
            "email_to": user.email_formatted,
            "email_from": sender,
            "auto_delete": True,
        }
