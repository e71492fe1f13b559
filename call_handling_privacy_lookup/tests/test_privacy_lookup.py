from odoo.tests import new_test_user, tagged

from odoo.addons.call_handling.tests.test_contact_data import NAME, NUMBER, ContactDataCommon


@tagged("post_install", "-at_install")
class TestPrivacyLookup(ContactDataCommon):
    """Calls of a person are found in Odoo's privacy lookup, and erased from there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = new_test_user(
            cls.env,
            login="settings",
            groups="base.group_system",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def _look_up(self):
        wizard = self.env["privacy.lookup.wizard"].with_user(self.system)
        wizard = wizard.create({"name": NAME, "email": "zoe@example.com"})
        self.env.flush_all()
        action = wizard.action_lookup()
        return wizard, self.env[action["res_model"]].with_user(self.system).search(action["domain"])

    def _get_found(self, lines, model):
        of_model = lines.filtered(lambda line: line.res_model == model)
        ids = of_model.mapped("res_id")
        self.assertEqual(len(ids), len(set(ids)), "Found twice.")
        return self.env[model].browse(ids)

    def test_calls_callbacks_numbers_and_events_are_found(self):
        calls = self._create_calls()
        early = self._log_call("early", number="+12025550155", from_name=NAME)
        _wizard, lines = self._look_up()
        found = self.env["call.call"].union(*calls.values(), early)
        self.assertEqual(self._get_found(lines, "call.call"), found)
        waiting = calls["missed"].callback_id + calls["closed"].callback_id
        self.assertEqual(self._get_found(lines, "call.callback"), waiting)
        self.assertEqual(self._get_found(lines, "call.number"), self.contact.call_number_ids)
        self.assertIn("exploded", self._get_found(lines, "call.event").raw)

    def test_who_may_not_see_calls_reads_nothing_of_them(self):
        self._create_calls()
        _wizard, lines = self._look_up()
        for line in lines.filtered(lambda line: line.res_model.startswith("call.")):
            if line.res_model != "call.number":  # for everybody who sees the contact
                self.assertFalse(line.resource_ref)
                self.assertNotIn("Zoë", line.res_name)
                self.assertNotIn(NUMBER[-4:], line.res_name)

    def test_private_calls_are_not_found(self):
        self.company.call_private_hours = 10**6
        private = self._log_call("private", number=NUMBER, from_name=NAME)
        self._make_private(private.with_user(self.alice))
        _wizard, lines = self._look_up()
        self.assertFalse(self._get_found(lines, "call.call"))

    def test_deleting_what_was_found_erases_the_person_from_calls(self):
        calls = self._create_calls()
        wizard, lines = self._look_up()
        lines.filtered(lambda line: line.res_model.startswith("call.")).action_unlink_all()
        self.env.invalidate_all()
        call = calls["known"]
        self.assertTrue(call.exists())
        self.assertFalse(call.partner_id or call.remote_number or call.summary or call.note_ids)
        self.assertEqual(call.talk_seconds, 60)
        self.assertTrue(wizard.log_id)
        self.assertIn("Erased from Call", wizard.log_id.execution_details)
        acts = self.env["call.audit"].search([("user_id", "=", self.system.id)])
        self.assertEqual(set(acts.mapped("act")), {"erase_contact", "forget_number"})
        self.contact.unlink()
        left = self.dump.find()
        left = {table for table, count in left.items() if count > self.before.get(table, 0)}
        # the lookup itself, which Odoo deletes after a day
        self.assertLessEqual(left, {"privacy_lookup_wizard", "privacy_lookup_wizard_line"})

    def test_what_is_exported_and_erased_from_the_contact_is_in_the_privacy_log(self):
        self._create_calls()
        before = self.env["privacy.log"].search([])
        action = self._run_bound_action("erase_call_data", self.officer)
        dialog = self.env[action["res_model"]].with_user(self.officer).browse(action["res_id"])
        dialog.action_erase()
        log = self.env["privacy.log"].search([]) - before
        self.assertRecordValues(
            log, [{"user_id": self.officer.id, "execution_details": "Contact erased from calls"}]
        )
        self.assertNotIn("Zoë", log.anonymized_name)
