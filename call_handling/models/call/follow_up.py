from typing import NamedTuple

from markupsafe import Markup

from odoo import Command, api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import clean_context

from ...tools import KIND, NO_CHATTER, NO_NOTIFICATION, public_method


class FollowUp(NamedTuple):
    """A kind of follow-up, as the link that leads to it declares it.

    :param link: the field of the call that leads to the follow-up
    :param model: the model of the follow-up
    :param group: external id of the group whose members create such follow-ups
    :param candidates: the field of the call that offers existing records, if there is one
    """

    link: str
    model: str
    group: str
    candidates: str | None


class CallCall(models.Model):
    """Follow-ups: what is created from a call, by a button or by a rule.

    An addon adds a kind of follow-up with a link that has the attributes ``follow_up`` and
    ``follow_up_group``, a method ``_prepare_<kind>_values``, a method ``action_create_<kind>``
    for its button, and the kind in the selection ``follow_up`` of `call.rule`.
    """

    _inherit = "call.call"

    created_records = fields.Json(
        copy=False,
        readonly=True,
        prefetch=False,
        when_joined="all",
        groups=fields.NO_ACCESS,  # it decides what is deleted with the call
        export_string_translation=False,
        help="What was created from the call, and what of the call was copied to it.",
    )

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_create_task(self):
        """Create a task from the call, or open the existing one. Asks for a project first."""
        if self.task_id or self.project_id:
            return self._open_follow_up("task")
        view = self.env.ref("call_handling.call_call_view_form_task")
        return self._get_records_action(
            name=self.env._("Create a Task"), target="new", views=[(view.id, "form")]
        )

    # === KINDS OF FOLLOW-UPS === #

    @api.model
    @tools.ormcache()
    def _get_follow_ups(self):
        """Return the kinds of follow-ups that links of the call declare, by kind.

        :rtype: dict[str, FollowUp]
        """
        offered = {self._fields[name].candidates_for: name
                   for name in self._get_fields_with("candidates_for")}  # fmt: skip
        return {
            field.follow_up: FollowUp(
                name, field.comodel_name, field.follow_up_group, offered.get(name)
            )
            for name in self._get_fields_with("follow_up")
            for field in (self._fields[name],)
        }

    @api.model
    def _get_job_labels(self):
        labels = {
            kind: self._fields[follow_up.link]._description_string(self.env)
            for kind, follow_up in self._get_follow_ups().items()
        }
        return super()._get_job_labels() | labels

    # === BY A RULE === #

    def _needs_job_follow_up(self):
        return bool(self._get_wanted_follow_ups())

    def _run_job_follow_up(self):
        for kind in self._get_wanted_follow_ups():
            tz, lang = self.user_id.tz or self.pbx_id.tz, self.user_id.lang
            self.with_context(**NO_NOTIFICATION, tz=tz, lang=lang)._create_follow_up(kind)

    def _get_wanted_follow_ups(self):
        """Return the kinds of follow-ups that rules want to be created from the call.

        :rtype: list[str]
        """
        wanted = self._get_follow_ups().keys() & (self.rule_jobs or {}).keys()
        if not wanted or self.state != "ended" or not self._is_recent():
            return []
        done = {created["kind"] for created in self.created_records or ()}
        return sorted(kind for kind in wanted - done if self._is_without(kind))

    def _is_recent(self):
        """Return whether something may still be created from the call automatically."""
        return self._is_processed() and not self._is_history()

    def _is_without(self, kind):
        """Return whether there is no such follow-up, and nobody has removed it by hand."""
        link = self._get_follow_ups()[kind].link
        return not self[link] and link not in (self.manual_fields or ())

    # === BY A PERSON === #

    def _open_follow_up(self, kind):
        """Create a follow-up, or open the existing one."""
        self.ensure_one()
        link = self._get_follow_ups()[kind].link
        if not self[link]:
            self._check_create_follow_up()
            self._create_follow_up(kind)
        return self[link]._get_records_action()

    def _check_create_follow_up(self):
        """Check that this user may create something from the call.

        :raise AccessError: the user may not write the call
        :raise UserError: the call is private
        """
        self.check_access("write")
        if self.is_private:
            raise UserError(self.env._("Nothing can be created from a private call."))

    # === CREATION === #

    def _create_follow_up(self, kind):
        """Create a follow-up from the call.

        :param str kind: of follow-up
        :raise UserError: something that it needs is missing
        """
        # Defaults and active records of the call's form are not meant for the follow-up.
        context = clean_context(self.env.context).items()
        context = {name: value for name, value in context if not name.startswith("active_")}
        call = self.with_env(self.env(context=context)).with_company(self.company_id)
        call = call.with_context(**KIND.set(kind))
        values = getattr(call, f"_prepare_{kind}_values")()
        record = call.env[self._get_follow_ups()[kind].model].create(values)
        call._link_follow_up(kind, record)

    def _link_follow_up(self, kind, record):
        """Link the call with what was created from it, and copy to it what belongs there."""
        link = self._get_follow_ups()[kind].link
        created = {"kind": kind, "model": record._name, "id": record.id, "title": record.name}
        created |= self._copy_to(record)
        # sudo: users cannot write what leads to it, and what is deleted with the call
        self_sudo = self.sudo()
        self_sudo[link] = record
        self_sudo.created_records = [*(self_sudo.created_records or ()), created]

    @api.model
    def _move_follow_ups(self, kind, records, target):
        """Let calls lead to the record into which others are merged, before these are deleted.
        When a call becomes private, it loses what came from the call, and nothing that it had.

        :param str kind: of follow-up
        :param records: what is merged into another record, and deleted
        :param target: the other record, as it was before
        """
        link = self._get_follow_ups()[kind].link
        names = [n for n in ("partner_id", *self._get_caller_fields(kind)) if n in target._fields]
        # sudo: calls lead there, whatever of them the user may see
        calls_sudo = self.sudo().with_context(**NO_CHATTER)
        calls_sudo.search([(link, "in", records.ids)]).write({link: target.id})
        merged = records + target
        creators_sudo = calls_sudo._get_creators_sudo(merged)
        entries = [entry for call_sudo in creators_sudo for entry in call_sudo.created_records]
        from_calls = merged.browse(e["id"] for e in entries if e["model"] == merged._name) & records
        # what the other record has now, and what it gets from those that came from no call
        had = {name for name in names if target[name]}
        gained = {
            name
            for name in set(names) - had
            if any((records - from_calls).mapped(name)) and not any(from_calls.mapped(name))
        }
        for call_sudo in creators_sudo:
            changed = []
            for entry in call_sudo.created_records:
                if entry["model"] == merged._name and entry["id"] in merged.ids:
                    own = entry.get("own", ()) if entry["id"] == target.id else had
                    entry = entry | {"id": target.id, "is_merged": True}
                    entry["own"] = sorted(gained.union(own))
                changed.append(entry)
            call_sudo.created_records = changed

    def _get_responsible(self, kind):
        """Return who is responsible for a follow-up: the person of the call or of the rule.

        Nobody, if that person does not work with such records.

        :rtype: res.users
        """
        rule_id = (self.rule_jobs or {}).get(kind)
        # sudo: what a rule contains, and who works with what, is not confidential
        user_sudo = (self.user_id or self.env["call.rule"].sudo().browse(rule_id).user_id).sudo()
        may = user_sudo and user_sudo.has_group(self._get_follow_ups()[kind].group)
        is_there = self.company_id in user_sudo.company_ids
        return user_sudo.sudo(False) if may and is_there else self.env["res.users"]

    def _prepare_task_values(self):
        """Return the values of the task that is created from the call.

        :raise UserError: the call has no project
        :rtype: dict
        """
        if not self.project_id:
            raise UserError(
                self.env._("A task needs a project. Choose one on the call or in the rule.")
            )
        return {
            "name": self._get_follow_up_title(self.project_id._is_read_outside()),
            "project_id": self.project_id.id,
            "partner_id": self.partner_id.id,
            "user_ids": [Command.set(self._get_responsible("task").ids)],
            "description": self._get_follow_up_text(),
        }

    # === WHAT IS COPIED === #

    def _get_title_of_copy(self, kind):
        """Return the title of a copy of a follow-up that has the call's title.

        :param str kind: of follow-up
        :rtype: str
        """
        return self._get_neutral_title()

    def _get_text_class(self):
        """Return the class by which the call's text is found again within a description."""
        return f"o_call_handling_text_{self.id}"

    def _prepare_joined_values(self, other):
        """Override to remember which call was written into what was created from the other."""
        values = super()._prepare_joined_values(other)
        if theirs := other.created_records:
            of_other = {"text_class": other._get_text_class()}
            values["created_records"] = [
                *(self.created_records or ()),
                *(of_other | entry for entry in theirs),
            ]
        return values

    def _get_notes_text(self):
        """Return the notes, each with its author and time.

        :rtype: markupsafe.Markup
        """
        parts = []
        for note in self.note_ids:
            when = self._format_date(note.date)
            parts.append(Markup("<p><b>%s, %s</b></p>%s") % (note.user_id.name, when, note.body))
        return Markup().join(parts)

    def _copy_to(self, record):
        """Hand over to a record what its readers may know of the call, and link their chatters.

        They get it in an internal note, with the files: nobody outside the company can read it.

        :param record: has a chatter
        :return: what must be deleted when the call becomes private
        :rtype: dict
        """
        self.ensure_one()
        body = self.env._("Created from: %s", self._get_neutral_link())
        described = "description" in record._fields and self._has_text(record.description)
        if self._is_shown("summary") and not described:
            body += self._get_content_text()
        if self._is_shown("all"):
            body += self._get_notes_text()
        message = self._post_note(record, body)
        files = self.env["ir.attachment"]
        if self._is_shown("all"):
            files = self._get_attachments_to_copy()
        copies = self._copy_files(files, message)
        self.message_post(
            body=self.env._("%s was created from this call.", record._get_html_link())
        )
        return {"message_ids": message.ids, "attachment_ids": copies.ids}

    def _copy_files(self, files, message):
        """Copy files of the call to a message. They belong to it, not to its record, whose files
        customers may be allowed to download.

        :param ir.attachment files: of the call
        :param mail.message message: an internal note
        :return: the copies
        :rtype: ir.attachment
        """
        place = {"res_model": message._name, "res_id": message.id, "access_token": False}
        copies = files.copy(place)
        # sudo: whoever posts a message may attach files to it
        message.sudo().attachment_ids = copies
        return copies

    def _has_text(self, description):
        """Return whether a description contains the call's text."""
        return self._get_text_class() in (description or "")

    def _get_attachments_to_copy(self):
        """Return the files of the call's chatter."""
        return self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", False)]
        )
