import lxml.html
from markupsafe import Markup

from odoo import Command, models

from ...tools import NO_NOTIFICATION


class CallCall(models.Model):
    """Undoes what was created from a call, and what of the call was copied elsewhere.

    Records that others have worked on are not deleted: they are detached, and lose everything
    that came from the call. Records that the call was only attached to remain as they are.
    """

    _inherit = "call.call"

    def _check_undo(self):
        """Check that everything that was created from the call can be undone.

        :raise UserError: something cannot, with what to do about it
        """
        for created, record_sudo in self._get_created_sudo():
            self._check_undo_record(created["kind"], record_sudo)

    def _check_undo_record(self, kind, record_sudo):
        """Check that what was created from the call can be undone.

        :param str kind: of follow-up
        :param record_sudo: what was created
        :raise UserError: it cannot, with what to do about it
        """

    def _undo(self):
        """Undo everything that was created from the call, as if it had never existed."""
        self.ensure_one()
        for created, record_sudo in self._get_created_sudo():
            self._check_undo_record(created["kind"], record_sudo)
            self._undo_record(
                created, record_sudo.with_context(**NO_NOTIFICATION, tracking_disable=True)
            )
        follow_ups = self._get_follow_ups().values()
        links = {follow_up.link: False for follow_up in follow_ups}
        offers = {f.candidates: [Command.clear()] for f in follow_ups if f.candidates}
        # sudo: the links are removed, whatever of them the user can see
        self.sudo().with_context(**NO_NOTIFICATION, tracking_disable=True).write(
            links | offers | {"created_records": False, "found_records": False}
        )

    def _get_created_sudo(self):
        """Return what was created from the call and still exists.

        :return: pairs of an entry of `created_records`, and the record
        :rtype: list[tuple]
        """
        self.ensure_one()
        # sudo: what came from the call goes with it, whatever of that the user can see
        env_sudo = self.sudo().env
        entries = [e for e in self.sudo().created_records or () if e["model"] in env_sudo]
        pairs = [
            (entry, env_sudo[entry["model"]].browse(entry["id"]).exists()) for entry in entries
        ]
        return [(entry, record_sudo) for entry, record_sudo in pairs if record_sudo]

    def _undo_record(self, created, record_sudo):
        """Delete what was created from the call or, if others have worked on it, what it got."""
        if not self._is_worked_on(created["kind"], record_sudo):
            record_sudo.unlink()
            return
        env_sudo = record_sudo.env
        env_sudo["mail.message"].browse(created["message_ids"]).exists().unlink()
        env_sudo["ir.attachment"].browse(created["attachment_ids"]).exists().unlink()
        self._erase_from_chatter(record_sudo, self._get_identifying_words(created))
        record_sudo.write(self._prepare_stripped_values(created, record_sudo))

    def _is_worked_on(self, kind, record_sudo):
        """Return whether somebody else has worked on what was created from the call.

        :param str kind: of follow-up
        :param record_sudo: what was created
        :rtype: bool
        """
        root = self.env.ref("base.user_root")
        creators = record_sudo.create_uid | self.sudo().user_id | root
        changed_by = record_sudo.write_uid
        if "activity_ids" in record_sudo._fields:
            changed_by |= record_sudo.activity_ids.create_uid
        return bool(
            changed_by - creators
            or any(m.author_id not in creators.partner_id for m in record_sudo.message_ids)
            or self._get_other_calls_sudo(kind, record_sudo)
            or self._has_more(kind, record_sudo)
        )

    def _get_other_calls_sudo(self, kind, record_sudo):
        """Return other calls that lead to what was created from this one."""
        link = self._get_follow_ups()[kind].link
        domain = [(link, "=", record_sudo.id), ("id", "!=", self.id)]
        return record_sudo.env["call.call"].search(domain)

    def _has_more(self, kind, record_sudo):
        """Return whether a record contains more than what the call gave it, and chatter.

        :rtype: bool
        """
        if kind == "task":
            return bool(record_sudo.child_ids or record_sudo.timesheet_ids)
        if kind == "meeting":
            invited = record_sudo.user_id.partner_id + self.partner_id + self.user_id.partner_id
            return bool(record_sudo.partner_ids - invited)
        return False

    def _prepare_stripped_values(self, created, record_sudo):
        """Return the values that remove from a record what came from the call.

        :param dict created: the entry of `created_records`
        :param record_sudo: the record, which others have worked on
        :rtype: dict
        """
        values = {}
        if record_sudo.name == created["title"]:
            values["name"] = self.env._("From a call")
        if "description" in record_sudo._fields:
            values["description"] = self._without_text(
                record_sudo.description, created.get("text_class") or self._get_text_class()
            )
        others_sudo = self._get_other_calls_sudo(created["kind"], record_sudo)
        if self.partner_id and self.partner_id not in others_sudo.partner_id:
            if "partner_id" in record_sudo._fields and record_sudo.partner_id == self.partner_id:
                values["partner_id"] = False
            if "partner_ids" in record_sudo._fields:
                values["partner_ids"] = [Command.unlink(self.partner_id.id)]
        return values

    def _without_text(self, description, text_class):
        """Return a description without the call's text, which has a class of its own."""
        if not description:
            return description
        root = lxml.html.fragment_fromstring(description, create_parent="div")
        for element in root.find_class(text_class):
            element.drop_tree()
        return Markup(lxml.html.tostring(root, encoding="unicode"))

    def _get_identifying_words(self, created):
        """Return the words that reveal who called."""
        partner_sudo = self.sudo().partner_id
        words = {created["title"], self.remote_name, self.remote_number, self.number_label}
        return (words | {partner_sudo.name, partner_sudo.display_name}) - {False, ""}

    def _erase_from_chatter(self, record_sudo, words):
        """Remove from a record's chatter what the system has logged there about the caller.

        What people have written is not changed.
        """

        def reveals(*texts):
            return any(word in text for word in words for text in texts if text)

        logged = record_sudo.env["mail.message"].search(
            [
                ("model", "=", record_sudo._name),
                ("res_id", "=", record_sudo.id),
                ("message_type", "in", ("notification", "user_notification")),
            ]
        )
        values = logged.tracking_value_ids
        values.filtered(lambda v: reveals(v.old_value_char, v.new_value_char)).unlink()
        revealing = logged.filtered(lambda message: reveals(message.subject, message.body))
        revealing.attachment_ids.unlink()
        revealing.unlink()
