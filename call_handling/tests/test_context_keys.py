import ast
from pathlib import Path

from odoo import modules
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import html2plaintext, mute_logger

from ..tools import contexts
from .common import CallCommon

# Keys that screens send. They decide what is opened, or name a record on which rights are checked.
OF_SCREENS = {"call_handling_call_id", "call_handling_primary", "call_handling_stay"}
OF_ODOO = {
    "cron_id",
    "ir_cron_progress_id",
    "default_pbx_id",
    "employee_termination",
    "no_wizard",
    "tz",
}
# What a request can send
SENT = (True, False, "x", 1, {"value": True}, [True], None)
# What is compared after each attempt
SHOWN = {
    "call.audit": {"act", "res_model"},
    "call.block": {"number"},
    "call.call": {
        "outcome", "remote_number", "is_private", "match", "manual_fields", "summary",
        "is_time_missing", "has_pending_jobs", "reported_values",
    },
    "call.callback": {"remote_number", "state"},
    "call.event": {"state"},
    "call.number": {"number"},
    "call.reference": {"ref", "is_deleted"},
    "account.analytic.line": {"unit_amount"},
}  # fmt: skip


def find_keys_in(tree):
    """Return the keys that code reads from a context by their names.

    :param ast.AST tree: of a file
    :rtype: set[str]
    """
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_context(getattr(node.func, "value", None)):
            found.update(_get_texts(node.args[:1]))
        elif isinstance(node, ast.Subscript) and _is_context(node.value):
            found.update(_get_texts([node.slice]))
        elif isinstance(node, ast.Compare) and _is_context(node.comparators[0]):
            found.update(_get_texts([node.left]))
    return found


def _is_context(node):
    return getattr(node, "attr", getattr(node, "id", "")) in ("context", "_context")


def _get_texts(nodes):
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


@tagged("post_install", "-at_install")
class TestContextKeys(CallCommon):
    """What a request sends in the context changes nothing about what is recorded, protected,
    masked or logged."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.call_history_days = 30
        cls.keys = [k for k in vars(contexts).values() if isinstance(k, contexts.ContextKey)]
        cls.customer = cls._create_contact("Customer", "+12025550150")
        cls.call = cls._log_call("c1")
        cls.missed = cls._log_call("c2", "+12025550143", answered=False)
        cls._reach_customer()
        cls.call.project_id = cls.env["project.project"].create(
            {"name": "P", "company_id": cls.company.id, "allow_timesheets": True}
        )
        cls.call.action_create_task()
        for group in ("hr_timesheet.group_hr_timesheet_user", "base.group_partner_manager"):
            cls.alice.group_ids += cls.env.ref(group)
            cls.admin.group_ids += cls.env.ref(group)
        cls.admin.group_ids += cls.env.ref("project.group_project_manager")
        cls.env.flush_all()

    @classmethod
    def _reach_customer(cls):
        """Log a call with the customer after the missed one."""
        call = {"call": "c3", "leg": "c3-101", "extension": "101", "to": cls.customer.phone}
        cls._send_events(
            call | {"event": "ringing", "direction": "outgoing", "at": "2026-11-23T12:00:00Z"},
            call | {"event": "answered", "at": "2026-11-23T12:00:05Z"},
            {"call": "c3", "event": "ended", "cause": "normal", "at": "2026-11-23T12:01:05Z"},
        )

    # --- no key is read in another way ---------------------------------------------

    def _get_addons(self):
        return [name for name in modules.get_modules() if name.startswith("call_handling")]

    def test_every_key_is_of_a_kind_that_requests_cannot_send(self):
        found = set()
        for addon in self._get_addons():
            for path in sorted(Path(modules.get_module_path(addon)).rglob("*.py")):
                if "tests" not in path.parts:
                    found |= find_keys_in(ast.parse(path.read_text()))
        self.assertEqual(found, OF_SCREENS | OF_ODOO)

    def test_the_search_for_keys_finds_each_way_to_read_one(self):
        code = """
self.env.context.get("a")
"b" in self.env.context
"c" not in context
context["d"]
other.get("e")
"""
        self.assertEqual(find_keys_in(ast.parse(code)), set("abcd"))

    # --- what requests send ----------------------------------------------------------

    def _get_attempts(self):
        """Return requests of ordinary users, and of an administrator, by name.

        :return: arguments of :meth:`_request`
        """
        category = self.env.ref("call_handling.call_category_support")
        times = {"date_start": "2026-11-23 09:00:00", "outcome": "no_answer"}
        incoming = {"direction": "incoming", "remote_number": "+1 202 555 0151"}
        line = {"name": "/", "unit_amount": 1, "employee_id": self.alice.employee_id.id}
        place = {"call_id": self.call.id, "project_id": self.call.project_id.id}
        wanted = {"name": "Hers", "number": "(202) 555-0152", "partner_id": self.customer.id}
        typed = ["remote_number", "direction", "outcome", "date_start"]
        imported = [["+1 202 555 0153", "incoming", "no_answer", "2020-11-23 09:00:00"]]
        return {
            "create a call": (self.alice, "call.call", "create", [[times | incoming]]),
            "import calls": (self.alice, "call.call", "load", [typed, imported]),
            "write": (self.alice, "call.call", "write",
                      [self.call.ids, {"category_id": category.id, "summary": "S"}]),
            "correct": (self.alice, "call.call", "write",
                        [self.call.ids, {"outcome": "no_answer"}]),
            "write a missed call": (self.admin, "call.call", "write",
                                    [self.missed.ids, {"partner_id": self.customer.id}]),
            "delete a call": (self.admin, "call.call", "unlink", [self.call.ids]),
            "delete a task": (self.admin, "project.task", "unlink", [self.call.task_id.ids]),
            "log time": (self.alice, "account.analytic.line", "create", [[line | place]]),
            "give a number": (self.alice, "call.number", "create",
                              [[{n: wanted[n] for n in ("number", "partner_id")}]]),
            "block a number": (self.admin, "call.block", "create",
                               [[{"number": "(202) 555-0152"}]]),
            "delete a contact": (self.admin, "res.partner", "unlink", [self.customer.ids]),
        }  # fmt: skip

    def _request(self, user, model, method, args, context):
        """Call a method as a request does, and return everything that is different then."""
        savepoint = self.env.cr.savepoint()
        allowed = {"allowed_company_ids": self.company.ids, "lang": "en_US"}
        try:
            with mute_logger("odoo.models.unlink"):
                target = self.env(user=user, su=False, context={})[model]
                call_kw(target, method, args, {"context": allowed | context})
                self.env.flush_all()
            return self._describe()
        finally:
            self.env.transaction.clear()
            savepoint.rollback()
            savepoint.close()

    def _describe(self):
        self.env.invalidate_all()
        found = {}
        for model, names in SHOWN.items():
            records_sudo = self.env[model].sudo().with_context(active_test=False).search([])
            names = sorted(names & records_sudo._fields.keys())
            rows = [[str(record[name]) for name in names] for record in records_sudo]
            found[model] = sorted(rows)
        of_calls = [("model", "in", ("call.call", "project.task"))]
        messages = self.env["mail.message"].sudo().search(of_calls)
        found["mail.message"] = sorted(html2plaintext(m.body, False) for m in messages)
        return found

    def test_no_request_changes_anything_by_what_it_sends_there(self):
        for name, attempt in self._get_attempts().items():
            plain = self._request(*attempt, {})
            self.assertNotEqual(plain, self._describe(), name)
            for value in SENT:
                with self.subTest(attempt=name, value=value):
                    context = {key.name: value for key in self.keys}
                    self.assertEqual(self._request(*attempt, context), plain)
            for key in self.keys:
                with self.subTest(attempt=name, key=key.name):
                    self.assertEqual(self._request(*attempt, {key.name: True}), plain)

    def test_the_same_keys_have_an_effect_when_code_sets_them(self):
        """Otherwise the attempts would not show anything."""
        attempts = self._get_attempts()
        tried = {
            contexts.AUTOMATIC: ("write", "delete a task"),
            contexts.ERASING: ("write a missed call",),
            contexts.HISTORY: ("create a call",),
            contexts.AS_SENT: ("give a number", "block a number"),
        }
        for key, names in tried.items():
            for name in names:
                with self.subTest(key=key.name, attempt=name):
                    by_code = self._request(*attempts[name], key.set())
                    self.assertNotEqual(by_code, self._request(*attempts[name], {}))
