import json
from datetime import timedelta

from odoo import api, fields, models, tools

# Of what is older, nobody is informed any more: after a break, it stands in the lists.
LATEST = timedelta(hours=12)


class ResUsers(models.Model):
    """Notifications about calls on the screens of people who have closed Odoo.

    They are Odoo's own web push: put into its queue here, and sent by its scheduled action.
    """

    _inherit = "res.users"

    call_push = fields.Boolean(
        string="Notifications for Missed Calls",
        help="Your browser or phone shows missed calls, and callbacks that are due, also while "
        "Odoo is closed.",
    )
    is_push_missing = fields.Boolean(
        compute="_compute_is_push_missing",
        compute_sudo=True,
        export_string_translation=False,
        help="Whether no device of the user receives notifications.",
    )

    # === COMPUTE METHODS === #

    @api.depends("call_push")
    def _compute_is_push_missing(self):
        wishing = self.filtered("call_push")
        receiving = self.env["mail.push.device"]._read_group(
            [("partner_id", "in", wishing.partner_id.ids)], ["partner_id"]
        )
        reached = {partner.id for (partner,) in receiving}
        for user in self:
            user.is_push_missing = user in wishing and user.partner_id.id not in reached

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"call_push", "active"}:
            self.env.registry.clear_cache()
        return result

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache()
    def _wants_push(self):
        """Return whether anybody wants notifications. Cached, since events ask it."""
        # sudo: only whether there is somebody
        return bool(self.sudo().search_count([("call_push", "=", True)], limit=1))

    def _get_push_devices(self):
        """Return the devices on which these users want notifications now.

        :return: `mail.push.device` by user
        :rtype: dict
        """
        wishing = self.filtered(
            lambda user: user.active and user.call_push and user.call_status == "available"
        )
        devices, *_keys = self.env["mail.thread"]._web_push_get_partners_parameters(
            wishing.partner_id.ids
        )
        by_partner = devices.grouped("partner_id")
        return {
            user: by_partner[user.partner_id] for user in wishing if user.partner_id in by_partner
        }

    def _push_about(self, records, get_notification):
        """Put notifications about those of the records into Odoo's queue that the users may read.

        :param records: of one model
        :param get_notification: called with those that one user may read, in the user's language,
            time zone and rights; returns title, text, and what a click opens: model and id
        """
        waiting = []
        for user, devices in self._get_push_devices().items():
            own = records.with_user(user).with_context(lang=user.lang, tz=user.tz)
            if own := own._filtered_access("read"):
                payload = json.dumps(self._prepare_push_payload(*get_notification(own)))
                waiting += [{"mail_push_device_id": d.id, "payload": payload} for d in devices]
        if waiting:
            # sudo: the queue is Odoo's own
            self.env["mail.push"].sudo().create(waiting)
            self.env.ref("mail.ir_cron_web_push_notification").sudo()._trigger()

    @api.model
    def _prepare_push_payload(self, title, body, model, res_id):
        """Return a notification as browsers show it."""
        return self.env["mail.thread"]._web_push_truncate_payload(
            {
                "title": title,
                "options": {
                    "body": body,
                    "icon": "/call_handling/static/description/icon.png",
                    "data": {"model": model, "res_id": res_id},
                },
            }
        )
