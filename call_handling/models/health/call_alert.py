from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools.constants import GC_UNLINK_LIMIT

from ...tools import ADMIN, public_method

KEEP_DAYS = 400
ACTIVITY_TYPE = "call_handling.mail_activity_type_telephone_system"


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
            ("certificate", "A certificate ends soon, or has ended"),
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

    def _close(self, feedback=None):
        """Note that it is over, and mark its activities as done.

        :param str feedback: why nobody has to do anything any more
        """
        feedback = feedback or self.env._("It is over: nobody has to do anything any more.")
        for alert in self:
            alert.date_end = fields.Datetime.now()
            # those that somebody has done already are archived or deleted
            alert.activity_ids.exists()._action_done(feedback=feedback)

    def _notify(self):
        """Create an activity, and a mail, for each administrator of calls of the company."""
        self.ensure_one()
        # The checks may take long: once for all who read the same.
        for (lang, tz), users in self._get_recipients().grouped(lambda u: (u.lang, u.tz)).items():
            alert = self.with_context(lang=lang, tz=tz)
            title, text = alert._get_title(), alert._get_text()
            for user in users:
                alert._notify_user(user, title, text)

    def _notify_user(self, user, title, text):
        pbx = self.pbx_id.with_context(mail_activity_quick_update=True)
        self.activity_ids += pbx.activity_schedule(
            ACTIVITY_TYPE, summary=title, note=self._prepare_body(text), user_id=user.id
        )
        if user.email:
            self.env["mail.mail"].create(self._prepare_mail_values(user, title, text))

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

    # === CRON METHODS === #

    @api.autovacuum
    def _gc_old(self):
        """Delete alerts that have been over for more than a year."""
        before = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        old = self.search([("date_end", "<", before)], order="id", limit=GC_UNLINK_LIMIT)
        old.unlink()
        return len(old), len(old) == GC_UNLINK_LIMIT
