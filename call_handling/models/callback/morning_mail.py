from zoneinfo import ZoneInfo

from odoo import api, fields, models

HOUR = 7  # in the time of the person
LEAD = "call_handling.group_call_handling_department"
TEMPLATE = "call_handling.call_callback_morning_mail"


class CallCallback(models.Model):
    """Mails leads in the morning how many callbacks are open, if they want it.

    A mail remains where it was sent to, and nothing can be removed from it when a call becomes
    private: so it has figures and a link, and names nobody.
    """

    _inherit = "call.callback"

    @api.model
    def _cron_send_morning_mails(self):
        """Send the mails of this morning to whom it has begun for."""
        wanted = [("call_morning_mail", "=", True), ("share", "=", False)]
        users = self.env["res.users"].search(wanted)
        due = users.filtered(lambda user: user.has_group(LEAD) and self._is_morning_of(user))
        for done, user in enumerate(due, start=1):
            user.call_morning_mail_date = self._get_local_time(user).date()
            self.with_user(user).with_context(
                lang=user.lang, allowed_company_ids=user.company_ids.ids
            )._send_morning_mail()
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(due) - done):
                break

    @api.model
    def _get_local_time(self, user):
        zone = ZoneInfo(user.tz or user.company_id.resource_calendar_id.tz or "UTC")
        return fields.Datetime.now().replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)

    @api.model
    def _is_morning_of(self, user):
        """Return whether a user should get the mail of today now."""
        local = self._get_local_time(user)
        return local.hour >= HOUR and user.call_morning_mail_date != local.date()

    @api.model
    def _send_morning_mail(self):
        """Mail the current user which callbacks of their departments are open, if there are any."""
        waiting = self.search([("state", "=", "open")])
        user = self.env.user
        if not waiting or not user.email:
            return
        body = self.env["ir.qweb"]._render(TEMPLATE, self._prepare_morning_mail_values(waiting))
        values = {
            "subject": self.env._("To call back: %s", len(waiting)),
            "body_html": body,
            "email_from": user.company_id.email_formatted or user.email_formatted,
            "email_to": user.email_formatted,
            "auto_delete": True,
        }
        # sudo: nobody but administrators may send such mails
        self.env["mail.mail"].sudo().create(values).send()

    @api.model
    def _prepare_morning_mail_values(self, waiting):
        """Return what the mail says: figures of each own number, those with late ones first."""
        rows = [
            {
                "name": line.display_name or self.env._("No own number"),
                "open": len(callbacks),
                "late": len(callbacks.filtered("is_late")),
            }
            for line, callbacks in waiting.grouped("line_id").items()
        ]
        action = self.env.ref("call_handling.call_callback_action").sudo()
        return {
            "user": self.env.user,
            "rows": sorted(rows, key=lambda row: (-row["late"], -row["open"], row["name"])),
            "open": len(waiting),
            "late": len(waiting.filtered("is_late")),
            "url": f"{self.get_base_url()}/odoo/{action.path}",
        }
