from lxml import etree
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import CallCommon

ROLES = ("alice", "lead", "boss", "admin", "seller")
NUMBER = "+12025550142"
TRUE = ("1", "True", "true")
FALSE = ("0", "False", "false")


@tagged("post_install", "-at_install")
class TestWritableFields(CallCommon):
    """Nobody writes a field that does not say so, whichever way it is tried."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(
            cls.env,
            login="seller",
            groups="base.group_user,base.group_partner_manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        for role in ROLES:
            getattr(cls, role).group_ids += cls.env.ref("base.group_multi_company")
        cls.contact = cls._create_contact("Jane Roe", "+12025550143")
        cls.call = cls._log_call(number=NUMBER)
        manual = cls.env["call.call"].with_user(cls.alice).create({"remote_number": NUMBER})
        cls.manual_call = manual.with_env(cls.env)
        cls.env.flush_all()

    @classmethod
    def _records(cls):
        """Return a record of each model that people can write, and of calls one of each kind."""
        env = cls.env
        missed = cls._log_call("missed", answered=False)
        own = env["call.private.number"].with_user(cls.alice).create({"number": NUMBER})
        records = [
            cls.call,
            cls.manual_call,
            env["call.note"].with_user(cls.alice).create({"call_id": cls.call.id, "body": "x"}),
            missed.callback_id,
            cls.call.leg_ids,
            cls.call.event_ids[0],
            env["call.category"].create({"name": "C"}),
            env["call.rule"].create({"name": "R"}),
            env["call.line"].create({"name": "L", "number": "030 23125610"}),
            env["call.block"].create({"number": "+12025550188"}),
            env["call.number"].create({"number": "+12025550177", "partner_id": cls.contact.id}),
            cls.pbx.extension_ids[0],
            cls.pbx,
            cls.pbx.peer_ids[0],
            own,
        ]
        return [record.sudo() for record in records]

    @staticmethod
    def _new_values(model):
        """Return the least that a new record needs."""
        return {
            "call.call": {"remote_number": "+12025550199"},
            "call.note": {"body": "x"},
            "call.category": {"name": "New"},
            "call.rule": {"name": "New"},
            "call.line": {"name": "New", "number": "030 23125999"},
            "call.block": {"number": "+12025550190"},
            "call.number": {"number": "+12025550191"},
            "call.extension": {"number": "999"},
            "call.pbx": {"name": "New"},
            "call.private.number": {"number": "+12025550192"},
        }.get(model)

    def _models(self):
        """Return the models whose fields are restricted."""
        return [
            model
            for model in map(self.env.__getitem__, self.env.registry)
            if not model._abstract and hasattr(model, "_get_restricted_fields")
        ]

    def _expected(self, record, name, user, is_new):
        """Return whether the field says that the user may write it."""
        who = getattr(record._fields[name], "writable", None)
        is_admin = user.has_group("call_handling.group_call_handling_admin")
        open_for = {"user", "manual"} | ({"create"} if is_new else set())
        return who in open_for | ({"admin"} if is_admin else set())

    def _is_refused(self, function):
        """Return whether fields are refused; that the value is not valid does not matter."""
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                function()
        except AccessError as error:
            return error.args[0]
        except (UserError, ValidationError, IntegrityError):
            return False
        finally:
            self.env.invalidate_all()
        return False

    def test_every_model_of_ours_restricts_its_fields(self):
        restricted = {model._name for model in self._models()}
        for model in self.env.registry.values():
            is_ours = model._original_module == "call_handling" and model._name.startswith("call.")
            if is_ours and not model._abstract and not model._transient:
                self.assertIn(model._name, restricted)

    def test_each_field_is_written_by_whom_it_says_and_by_nobody_else(self):
        for record in self._records():
            for role in ROLES:
                user = getattr(self, role)
                own = record.with_user(user)
                if not own.has_access("write"):
                    continue
                for name, field in record._fields.items():
                    if not field.store or name not in record._get_restricted_fields():
                        continue
                    value = field.convert_to_write(record[name], record)
                    value = [] if field.type in ("one2many", "many2many") else value
                    with self.subTest(record=record, role=role, name=name):
                        refused = self._is_refused(lambda o=own, n=name, v=value: o.write({n: v}))
                        expected = self._expected(record, name, user, is_new=False)
                        self.assertEqual(not refused, bool(expected), refused)

    def test_each_field_of_a_new_record_is_set_by_whom_it_says(self):
        for record in self._records():
            values = self._new_values(record._name)
            if not values:
                continue
            links = {"call_id": self.call.id, "partner_id": self.contact.id, "pbx_id": self.pbx.id}
            required = {
                name: value
                for name, value in links.items()
                if name in record._fields and record._fields[name].required
            }
            for role in ROLES:
                user = getattr(self, role)
                model = self.env[record._name].with_user(user)
                if not model.has_access("create"):
                    continue
                for name, field in record._fields.items():
                    if not field.store or name not in record._get_restricted_fields():
                        continue
                    value = field.convert_to_write(record[name], record)
                    value = [] if field.type in ("one2many", "many2many") else value
                    vals = required | values | {name: values.get(name, value)}
                    with self.subTest(model=record._name, role=role, name=name):
                        refused = self._is_refused(lambda m=model, v=vals: m.create(v))
                        expected = self._expected(record, name, user, is_new=True)
                        self.assertEqual(not refused, bool(expected), refused)

    # --- ways around -----------------------------------------------------------------

    def test_no_command_through_the_call_reaches_what_the_app_writes(self):
        call = self.call.with_user(self.alice)
        other_note = self.env["call.note"].create(
            {"call_id": self._log_call("c2", extension="104").id, "body": "Of Dave's call."}
        )
        commands = {
            "leg_ids": [(5,)],
            "event_ids": [(5,)],
            "reference_ids": [(5,)],
            "candidate_ids": [(4, self.contact.id)],
            "task_candidate_ids": [(5,)],
            "note_ids": [(4, other_note.id)],
        }
        for name, value in commands.items():
            with self.subTest(name), self.assertRaises(AccessError):
                call.write({name: value})
        with self.assertRaises(AccessError):
            call.write({"note_ids": [(0, 0, {"body": "x", "user_id": self.bob.id})]})
        with self.assertRaises(AccessError):
            call.write({"note_ids": [(0, 0, {"body": "x", "date": "1999-01-01 00:00:00"})]})
        call.write({"note_ids": [(0, 0, {"body": "Asked for an offer."})]})
        self.assertEqual(call.note_ids.user_id, self.alice)

    def test_a_timesheet_line_cannot_be_moved_to_a_call_nor_show_a_hidden_one(self):
        project = self.env["project.project"].create(
            {"name": "P", "allow_timesheets": True, "company_id": self.company.id}
        )
        self.alice.group_ids += self.env.ref("hr_timesheet.group_hr_timesheet_user")
        lines = self.env["account.analytic.line"].with_user(self.alice)
        hidden = self._log_call("hidden", extension="104")
        line = lines.create({"project_id": project.id, "name": "Own work", "unit_amount": 1})
        with self.assertRaises(AccessError):
            line.call_id = self.call
        with self.assertRaises(AccessError):
            self.call.with_user(self.alice).timesheet_ids = [(4, line.id)]
        with self.assertRaises(AccessError):
            lines.create({"project_id": project.id, "name": "x", "call_id": hidden.id})
        with self.assertRaises(AccessError):
            lines.create({"project_id": project.id, "name": "x", "call_values": {"name": "x"}})
        own = lines.create({"project_id": project.id, "name": "x", "call_id": self.call.id})
        self.assertEqual(self.call.timesheet_ids, own)

    def test_defaults_of_the_context_and_of_the_user_do_not_reach_closed_fields(self):
        closed = {
            "default_match": "learned",
            "default_res_model": "base",
            "default_is_blocked": True,
            "default_reported_user_id": self.bob.id,
            "default_state": "ringing",
            "default_candidate_ids": [(4, self.contact.id)],
            "default_summary": "Given by a screen.",
        }
        self.env["ir.default"].with_user(self.alice).sudo().set(
            "call.call", "queue", "chosen", user_id=self.alice.id
        )
        self.env["ir.default"].set("call.call", "match", "learned", user_id=self.alice.id)
        calls = self.env["call.call"].with_user(self.alice).with_context(**closed)
        call = calls.create({"remote_number": NUMBER})
        self.assertRecordValues(
            call,
            [
                {
                    "match": "none",
                    "res_model": False,
                    "is_blocked": False,
                    "reported_user_id": False,
                    "state": "ended",
                    "candidate_ids": [],
                    "summary": "Given by a screen.",
                    "queue": "chosen",
                }
            ],
        )
        note = self.env["call.note"].with_user(self.alice)
        context = {"default_user_id": self.bob.id, "default_date": "1999-01-01 00:00:00"}
        note = note.with_context(**context).create({"call_id": self.call.id, "body": "x"})
        self.assertEqual((note.user_id, note.date.year > 2000), (self.alice, True))

    def test_what_the_app_creates_for_a_user_takes_no_defaults_from_the_context(self):
        dials = self.env["call.dial"].with_user(self.alice)
        context = {"default_call_ids": [(4, self.call.id)], "default_call_ref": self.call.pbx_ref}
        self.pbx.write({"adapter": "demo"})
        answer = dials.with_context(**context).prepare("+12025550150")
        dial = self.env["call.dial"].browse(answer["id"])
        self.assertFalse(dial.call_ids)
        self.assertFalse(dial.call_ref)
        self._create_contact("One", "+12025550160")
        contact = self._create_contact("Two", "+12025550160")
        call = self._log_call("two", number="+12025550160").with_user(self.alice)
        call.with_context(default_is_block=True).action_choose_partner(contact.id, remember=True)
        self.assertFalse(contact.call_number_ids.is_block)

    def test_a_copy_is_a_call_logged_by_hand(self):
        self.call.summary = "Asked for an offer."
        copy = self.call.with_user(self.alice).copy()
        self.assertFalse(copy.pbx_id)
        self.assertEqual((copy.summary, copy.create_uid), (self.call.summary, self.alice))
        with self.assertRaises(AccessError):
            self.call.with_user(self.alice).copy({"match": "learned"})

    def test_an_import_follows_the_same_rules(self):
        calls = self.env["call.call"].with_user(self.alice)
        columns = ["remote_number", "direction", "date_start", "outcome", "talk_seconds", "summary"]
        row = [NUMBER, "Incoming", "2024-05-06 07:08:09", "Answered", "65", "Asked for an offer."]
        result = calls.load(columns, [row])
        self.assertFalse(result["messages"])
        self.assertRecordValues(
            calls.browse(result["ids"]), [{"direction": "incoming", "talk_seconds": 65}]
        )
        for name, value in (("match", "Remembered choice"), ("state", "Ringing"), ("res_id", "1")):
            with self.subTest(name):
                result = calls.load([*columns, name], [[*row, value]])
                self.assertFalse(result["ids"])
                self.assertIn(name, result["messages"][0]["message"])
        result = calls.load(["id", "match"], [[self._external_id(self.call), "Remembered choice"]])
        self.assertFalse(result["ids"])

    def _external_id(self, record):
        [[xmlid]] = record.export_data(["id"])["datas"]
        return xmlid

    def test_the_web_client_cannot_save_closed_fields(self):
        specification = {"match": {}}
        for values in ({"match": "learned"}, {"res_model": "base", "res_id": 1}, {"is_private": 1}):
            with self.subTest(values), self.assertRaises(UserError):
                self.call.with_user(self.alice).web_save(values, specification)
            with self.subTest(values, new=True), self.assertRaises(UserError):
                self.env["call.call"].with_user(self.alice).web_save(values, specification)
        saved = self.call.with_user(self.alice).web_save({"summary": "x"}, {"summary": {}})
        self.assertEqual(saved[0]["summary"], "x")

    def test_a_field_that_nobody_has_decided_about_is_closed(self):
        field = self.env["call.call"]._fields["summary"]
        self.patch(field, "writable", None)
        self.env.registry.clear_cache()
        self.addCleanup(self.env.registry.clear_cache)
        with self.assertRaises(AccessError):
            self.call.with_user(self.admin).summary = "x"

    # --- values ----------------------------------------------------------------------

    def test_a_call_by_hand_can_have_taken_place(self):
        calls = self.env["call.call"].with_user(self.alice)
        now = fields.Datetime.now()
        wrong = [
            {"date_start": "0001-01-01 00:00:00"},
            {"date_start": "1999-12-31 23:59:59"},
            {"date_start": "9999-12-31 23:59:59"},
            {"date_start": fields.Datetime.add(now, days=2)},
            {"talk_seconds": -1},
            {"talk_seconds": 8 * 24 * 3600},
        ]
        for values in wrong:
            with self.subTest(**values), self.assertRaises(UserError):
                calls.create({"remote_number": NUMBER} | values)
            with self.subTest(**values, written=True), self.assertRaises(UserError):
                self.manual_call.with_user(self.alice).write(values)
            with self.subTest(**values, corrected=True), self.assertRaises(UserError):
                self.call.with_user(self.alice).write(values)
        calls.create({"remote_number": NUMBER, "date_start": "2000-01-01 00:00:00"})

    # --- screens ---------------------------------------------------------------------

    def test_what_a_screen_lets_people_edit_they_may_write_and_the_reverse(self):
        editable = set()
        for view in self._views():
            # these are only shown in developer mode, which needs a request
            for node in etree.fromstring(view.arch).iter("field"):
                if node.get("groups") == "base.group_no_one":
                    editable.add((view.model, node.get("name")))
                # whoever chooses a file gives its name, too
                editable.add((view.model, node.get("filename")))
            for role in ROLES:
                with self.subTest(view=view.xml_id, role=role):
                    editable |= self._check_view(view, getattr(self, role))
        for model in self._models():
            for name, who in model._get_restricted_fields().items():
                field = model._fields[name]
                if who and not self._is_written_without_screen(field):
                    with self.subTest(model=model._name, name=name):
                        self.assertIn((model._name, name), editable)

    def _views(self):
        views = self.env["ir.ui.view"].search(
            [("mode", "=", "primary"), ("type", "in", ("form", "list"))]
        )
        ours = views.filtered(lambda view: (view.xml_id or "").startswith("call_handling"))
        return ours + self.env.ref("base.view_partner_form")

    def _is_written_without_screen(self, field):
        """Return whether a field is written by an action or a default of the web client, or by
        Odoo's import alone."""
        if field.model_name == "call.import.row":
            return True
        is_archived = field.name == "active"
        inverses = self.env.registry.field_inverses[field]
        return is_archived or inverses or getattr(field, "follow_up", None)

    def _check_view(self, view, user):
        model = self.env[view.model].with_user(user)
        if not model.has_access("read"):
            return set()
        arch = model.get_views([(view.id, view.type)])["views"][view.type]["arch"]
        return set(self._check_nodes(model, etree.fromstring(arch)))

    def _check_nodes(self, model, root):
        """Yield the fields that people can edit there, and check that they may."""
        is_list_to_edit = root.get("editable") or root.get("multi_edit")
        has_inputs = root.tag == "form" or is_list_to_edit
        can_create = has_inputs and root.get("create") not in FALSE and model.has_access("create")
        can_write = root.get("edit") not in FALSE and model.has_access("write")
        can_edit = has_inputs and can_write
        labels = model.fields_get(attributes=["readonly"])
        restricted = getattr(model, "_get_restricted_fields", dict)()
        for node in root.iter("field"):
            nearest = next(a for a in node.iterancestors() if a.tag in ("form", "list", "kanban"))
            field = model._fields.get(node.get("name"))
            if nearest is not root or field is None:
                continue
            hidden = node.get("invisible") in TRUE or node.get("column_invisible") in TRUE
            readonly = node.get("readonly")
            is_open = readonly not in TRUE if readonly else not labels[field.name]["readonly"]
            if hidden or not is_open:
                continue
            if node.get("widget") == "handle" and can_write:
                yield model._name, field.name
            for child in node:
                if child.tag in ("form", "list"):
                    yield from self._check_nodes(model.env[field.comodel_name], child)
            if field.name not in restricted or not (can_edit or can_create):
                continue
            if can_edit and not readonly:
                self.assertNotIn(field.name, model._get_closed_fields())
            if can_create:
                self.assertNotIn(field.name, model._get_closed_fields(is_new=True))
            yield model._name, field.name
