import lxml.html
from markupsafe import Markup

from odoo import Command, models

from .call_follow_up_mixin import UNASKED


class CallTakeBackMixin(models.AbstractModel):
    """Takes back what was made from a call, and what of the call went along.

    What others have added to is not deleted: it is detached, and loses all that came from the
    call. What the call was only attached to stays as it is.
    """

    _name = "call.take.back.mixin"
    _description = "Taking Back What Calls Became"
    _inherit = ["call.meeting.mixin", "call.attach.mixin"]

    def _check_undo_work(self):
        for made, record_sudo in self._get_made_sudo():
            self._check_take_back(made["kind"], record_sudo)
        return super()._check_undo_work()

    def _check_take_back(self, kind, record_sudo):
        """Whether what was made from the call can be taken back.

        :raise UserError: it cannot, with what to do about it
        """

    def _undo_work(self):
        result = super()._undo_work()
        for made, record_sudo in self._get_made_sudo():
            self._check_take_back(made["kind"], record_sudo)
            self._take_back(made, record_sudo.with_context(**UNASKED, tracking_disable=True))
        links = dict.fromkeys(self._get_links(), False)
        offers = {name: [Command.clear()] for name in self._get_attachable().values()}
        # sudo: the links go, whatever of them the user can see
        self.sudo().with_context(**UNASKED, tracking_disable=True).write(
            links | offers | {"made": False, "attached": False}
        )
        return result

    def _get_made_sudo(self):
        """What was made from the call and is still there.

        :return: pairs of what `made` tells of it, and the record
        :rtype: list[tuple]
        """
        self.ensure_one()
        # sudo: what came from the call goes with it, whatever of that the user can see
        env_sudo = self.sudo().env
        told = [made for made in self.sudo().made or () if made["model"] in env_sudo]
        pairs = [(made, env_sudo[made["model"]].browse(made["id"]).exists()) for made in told]
        return [(made, record_sudo) for made, record_sudo in pairs if record_sudo]

    def _take_back(self, made, record_sudo):
        """Delete what was made from the call; if others have added to it, only what it got."""
        if not self._is_worked_on(made["kind"], record_sudo):
            record_sudo.unlink()
            return
        env_sudo = record_sudo.env
        env_sudo["mail.message"].browse(made["message_ids"]).exists().unlink()
        env_sudo["ir.attachment"].browse(made["attachment_ids"]).exists().unlink()
        self._forget_in_chatter(record_sudo, self._get_words(made))
        record_sudo.write(self._prepare_stripped_values(made, record_sudo))

    def _is_worked_on(self, kind, record_sudo):
        """Whether somebody else has added to what was made from the call.

        :param str kind: of follow-up
        :param record_sudo: what was made
        :rtype: bool
        """
        root = self.env.ref("base.user_root")
        makers = record_sudo.create_uid | self.sudo().user_id | root
        changed_by = record_sudo.write_uid | record_sudo.activity_ids.create_uid
        return bool(
            changed_by - makers
            or any(m.author_id not in makers.partner_id for m in record_sudo.message_ids)
            or self._get_other_calls_sudo(kind, record_sudo)
            or self._has_more(kind, record_sudo)
        )

    def _get_other_calls_sudo(self, kind, record_sudo):
        """Other calls that belong to what was made from this one."""
        name = self._get_follow_ups()[kind].field
        domain = [(name, "=", record_sudo.id), ("id", "!=", self.id)]
        return record_sudo.env["call.call"].search(domain)

    def _has_more(self, kind, record_sudo):
        """Whether there is more to a record than what the call gave it and chatter.

        :rtype: bool
        """
        if kind == "task":
            return bool(record_sudo.child_ids or record_sudo.timesheet_ids)
        if kind == "meeting":
            invited = record_sudo.user_id.partner_id + self.partner_id + self.user_id.partner_id
            return bool(record_sudo.partner_ids - invited)
        return False

    def _prepare_stripped_values(self, made, record_sudo):
        """Values that take from a record what came from the call.

        :param dict made: what is known of how it was made
        :param record_sudo: the record, which others have added to
        :rtype: dict
        """
        values = {}
        if record_sudo.name == made["title"]:
            values["name"] = self.env._("From a call")
        if "description" in record_sudo._fields:
            values["description"] = self._without_text(record_sudo.description)
        others_sudo = self._get_other_calls_sudo(made["kind"], record_sudo)
        if self.partner_id and self.partner_id not in others_sudo.partner_id:
            if "partner_id" in record_sudo._fields and record_sudo.partner_id == self.partner_id:
                values["partner_id"] = False
            if "partner_ids" in record_sudo._fields:
                values["partner_ids"] = [Command.unlink(self.partner_id.id)]
        return values

    def _without_text(self, description):
        """A description without the call's text."""
        if not description:
            return description
        root = lxml.html.fragment_fromstring(description, create_parent="div")
        for element in root.find_class(self._get_text_class()):
            element.drop_tree()
        return Markup(lxml.html.tostring(root, encoding="unicode"))

    def _get_words(self, made):
        """Words that tell who called."""
        partner_sudo = self.sudo().partner_id
        words = {made["title"], self.remote_name, self.remote_number, self.number_label}
        return (words | {partner_sudo.name, partner_sudo.display_name}) - {False, ""}

    def _forget_in_chatter(self, record_sudo, words):
        """Take from a record's chatter what the system has written there about the caller.

        What people have written stays theirs.
        """

        def tells(*texts):
            return any(word in text for word in words for text in texts if text)

        written = record_sudo.env["mail.message"].search(
            [
                ("model", "=", record_sudo._name),
                ("res_id", "=", record_sudo.id),
                ("message_type", "in", ("notification", "user_notification")),
            ]
        )
        values = written.tracking_value_ids
        values.filtered(lambda v: tells(v.old_value_char, v.new_value_char)).unlink()
        telling = written.filtered(lambda message: tells(message.subject, message.body))
        telling.attachment_ids.unlink()
        telling.unlink()
