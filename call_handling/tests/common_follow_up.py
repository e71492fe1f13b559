import base64

from lxml import etree

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT

from .common import CallCommon

NUMBER = "+493023125610"
AT_WORK = "2026-11-23 10:05:00"  # soon after the call, a Monday, at five past eleven in Berlin
WITH_CHATTER = dict.fromkeys(DISABLED_MAIL_CONTEXT, False)  # Odoo's tests disable chatters


class FollowUpCommon(CallCommon):
    """Jane calls the support number, which belongs to a project. Alice answers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=cls.env.context | WITH_CHATTER)
        cls.company.call_hand_over = "all"
        cls.acme = cls._create_contact("Acme", is_company=True, email="info@example.com")
        cls.jane = cls._create_contact(
            "Jane Roe", NUMBER, parent_id=cls.acme.id, email="jane@example.com"
        )
        cls.project = cls.env["project.project"].create(
            {"name": "Support", "company_id": cls.company.id, "privacy_visibility": "employees"}
        )
        cls.line = cls.env["call.line"].create(
            {"name": "Support", "number": "+493023125777", "project_id": cls.project.id}
        )
        for user in (cls.alice, cls.bob):
            cls._give_group(user, "project.group_project_user")

    @classmethod
    def _give_group(cls, user, xmlid):
        user.group_ids += cls.env.ref(xmlid)

    @classmethod
    def _create_rule(cls, follow_up, domain="[('partner_id.name', '=', 'Jane Roe')]", **values):
        return cls.env["call.rule"].create(
            {"name": "Follow", "domain": domain, "follow_up": follow_up} | values
        )

    @classmethod
    def _create_task(cls, name="Printer", **values):
        return cls.env["project.task"].create(
            {"name": name, "project_id": cls.project.id, "partner_id": cls.jane.id} | values
        )

    @classmethod
    def _jane_calls(cls, ref="c1", **values):
        """Jane calls the support number, and Alice answers."""
        return cls._log_call(ref, NUMBER, **({"line": "+493023125777"} | values))

    @classmethod
    def _fill_in(cls, call, summary="The printer smokes\nSince this morning."):
        """Alice enters a summary, writes a note and attaches a file."""
        call = call.with_user(cls.alice)
        call.summary = summary
        cls.env["call.note"].with_user(cls.alice).create(
            {"call_id": call.id, "body": "<p>Told her to pull the plug.</p>"}
        )
        cls.env["ir.attachment"].with_user(cls.alice).create(
            {
                "name": "smoke.png",
                "datas": base64.b64encode(b"smoke"),
                "res_model": "call.call",
                "res_id": call.id,
            }
        )

    def _run_pending_jobs(self):
        self._run_scheduled_action("ir_cron_run_jobs")

    def _buttons(self, user, model, view):
        """Return the names of the buttons that a user has on a form."""
        arch = self.env[model].with_user(user).get_view(self.env.ref(view).id, "form")["arch"]
        return {node.get("name") for node in etree.fromstring(arch).iter("button")}

    def _header_buttons(self, user):
        """Return the names of the buttons in the header of a call's form, for a user."""
        view = self.env.ref("call_handling.call_call_view_form")
        arch = self.env["call.call"].with_user(user).get_view(view.id, "form")["arch"]
        return {node.get("name") for node in etree.fromstring(arch).iterfind("header/button")}

    def _assert_content_copied(self, call, record):
        """Check that the record has summary, contact, notes and files, and is linked."""
        people = record.partner_ids if "partner_ids" in record._fields else record.partner_id
        self.assertIn(call.partner_id, people)
        texts = [*record.message_ids.mapped("body")]
        if "description" in record._fields:
            texts.append(record.description)
        text = "".join(str(part) for part in texts)
        for part in ("+49 30 23125610", "The printer smokes", "this morning", "pull the plug"):
            self.assertEqual(text.count(part), 1, part)
        self.assertIn(b"smoke", self._get_files(record).mapped("raw"))
        self._assert_linked(call, record)
        self._assert_internal_only("pull the plug", record)

    def _assert_internal_only(self, word, record):
        """Check that no contact sees the word, neither on the record nor in a notification."""
        messages = self._get_messages(record)
        with_word = messages.filtered(lambda message: word in message.body)
        self.assertTrue(all(with_word.subtype_id.mapped("internal")))
        self.assertFalse(with_word.notification_ids)
        shown = {name: record[name] for name in ("description", "note") if name in record._fields}
        self.assertNotIn(word, str(shown))
        self.assertNotIn(word.encode(), b"".join(self._get_files(record).mapped("raw")))
        notes = self._get_messages(record).filtered("subtype_id.internal")
        self.assertLessEqual(self._get_files(record), notes.attachment_ids)

    def _get_messages(self, record):
        """Return all messages of a record, including those its chatter does not show."""
        return self.env["mail.message"].search(
            [("model", "=", record._name), ("res_id", "=", record.id)]
        )

    def _get_files(self, record):
        """Return all files of a record, and those of its messages."""
        of_record = [("res_model", "=", record._name), ("res_id", "=", record.id)]
        own = self.env["ir.attachment"].search(of_record)
        return own | self._get_messages(record).attachment_ids

    def _assert_linked(self, call, record):
        """Check that call and record link to each other once in their chatters."""
        for source, target in ((call, record), (record, call)):
            link = f'data-oe-model="{target._name}" data-oe-id="{target.id}"'
            self.assertEqual([link in str(m.body) for m in source.message_ids].count(True), 1)

    def _assert_not_revealed(self, words, record):
        """Check that neither the record nor its chatter reveals who called or what was said."""
        record = record.with_context(active_test=False).sudo()
        fields = [n for n, f in record._fields.items() if f.type in ("char", "text", "html")]
        texts = [str(record[name]) for name in fields if not record._fields[name].groups]
        messages = self._get_messages(record)
        texts += [f"{m.subject} {m.body} {m.record_name}" for m in messages]
        values = messages.tracking_value_ids
        texts += [f"{value.old_value_char} {value.new_value_char}" for value in values]
        for word in words:
            self.assertFalse([text for text in texts if word in text], word)
        self.assertFalse(self._get_files(record))
