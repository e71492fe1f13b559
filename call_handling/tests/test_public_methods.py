import copy
import functools
import inspect
import json
import traceback
from collections import Counter

from psycopg2 import IntegrityError

from odoo import Command, http
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import tagged

from ..models.onboarding_onboarding import CALLS
from .common import CallHttpCommon
from .common_roles import RolesCommon, find_calls_in, quiet
from .roles_table import METHODS, ROUTES, read_table

OURS = "odoo.addons.call_handling"
# Values that nobody would pass, for each parameter in turn. 987654321 is no record's id.
ODD = (
    *(None, True, False, 0, -1, 987654321, 2**31, 2**63, 10**30, 1.5, float("nan")),
    *("", "x", "1", "\x00", "\ud800", "x" * 5000),
    *([], [None], [1], ["x"], [[]], [{}], {}, {"x": 1}, {"id": "x"}, {1: 2}),
)
ODD_IDS = ([], [0], [-1], [987654321], [2**31], [2**63])

# Values of fields that nobody would write.
ODD_VALUES = (None, True, 0, -1, "", "x", "\x00", [], ["x"], {"x": 1})

# What is passed to methods that have parameters, by name of the parameter.
ARGUMENTS = {
    "remember": True,
    "field_names": ["summary"],
    "fields_spec": {"summary": {}},
    "specification": {"summary": {}},
    "next_id": None,
    "screen": "x",
    "help_message": "<p>Nothing</p>",
    "call_ids": None,
    "command_id": 1,
    "action": "hang_up",
    "target": "102",
    "number": "+12025550149",
    "term": "Customer",
    "reason": "x",
    "text": "x",
    "lines": [1],
    "res_model": "res.partner",
    "confirmed": True,
    "period": "week",
    "scope": "all",
    "events": [{"call": "x", "event": "ringing"}],
    "fields": ["id"],
    "allfields": ["id"],
    "attributes": ["readonly"],
    "default": {},
    "kwargs": {"body": "x"},
}
# What is written, by model.
CHANGES = {
    "account.analytic.line": {"name": "x"},
    "calendar.event": {"name": "x"},
    "call.alert": {"kind": "clock"},
    "call.audit": {"act": "secret"},
    "call.block": {"number": "+12025550149"},
    "call.call": {"summary": "x"},
    "call.callback": {"state": "done"},
    "call.callback.report": {"state": "done"},
    "call.category": {"name": "x"},
    "call.command": {"reason": "x"},
    "call.control": {"target": "909"},
    "call.outline": {"reason": "x"},
    "call.outline.point": {"text": "x"},
    "call.delivery": {"status": 500},
    "call.dial": {"extension": "909"},
    "call.event": {"uid": "x"},
    "call.extension": {"number": "909"},
    "call.import": {"name": "x"},
    "call.import.row": {"summary": "x"},
    "call.leg": {"number": "+12025550149"},
    "call.line": {"name": "x", "number": "+493023125630"},
    "call.note": {"body": "x"},
    "call.number": {"number": "+12025550149"},
    "call.part.report": {"result": "missed"},
    "call.pbx": {"name": "x"},
    "call.pbx.hour": {"event_count": 9},
    "call.phone.state": {"state": "ringing"},
    "call.peer": {"name": "x"},
    "call.peer.decision": {"kind": "trunk"},
    "call.private.count": {"count": 9},
    "call.private.number": {"number": "+12025550149"},
    "call.recording": {"reason": "x"},
    "call.recording.rule": {"mode": "never"},
    "call.reference": {"ref": "x"},
    "call.report": {"outcome": "failed"},
    "call.rule": {"name": "x"},
    "call.transcript": {"reason": "x"},
    "call.transcript.line": {"text": "x"},
    "hr.employee": {"name": "x"},
    "mail.followers": {"res_model": "res.partner"},
    "project.project": {"name": "x"},
    "project.task": {"name": "x"},
    "res.company": {"name": "x"},
    "res.partner": {"name": "x"},
    "res.users": {"login": "x"},
}
# What methods change something about, other than a record of their own model.
ABOUT = {
    "call.callback.close.action_close": "call.callback",
    "call.delete.confirm.action_confirm": "call.call",
    "call.pbx.perform": "simulated",
    "call.private.confirm.action_confirm": "call.call",
    "call.proposal.action_confirm": "customer",
    "call.proposal.action_refuse": "customer",
    "call.transcript.line.correct": "call.call",
    "call.unwanted.action_confirm": "call.call",
    "hr.departure.wizard.action_register_departure": "hr.employee",
}
LEAD = "call_handling.group_call_handling_department"
GROUPS = {
    "admin": "call_handling.group_call_handling_admin",
    "protection": "call_handling.group_call_data_protection",
}


def is_ours(cls):
    return cls.__module__.startswith(OURS)


def get_methods(env):
    """Return the public methods that our addons define or extend, by ``model.method``."""
    found = {}
    for name, model in env.registry.items():
        own = {attribute for cls in model.mro() if is_ours(cls) for attribute in vars(cls)}
        for attribute in sorted(own):
            if attribute.startswith("_") or not inspect.isfunction(getattr(model, attribute, 0)):
                continue
            try:
                found[f"{name}.{attribute}"] = get_public_method(env[name], attribute)
            except AccessError:
                continue  # it is private, by decorator
    return found


def get_subclasses(cls):
    """Return all classes that inherit from a class."""
    direct = cls.__subclasses__()
    return {*direct, *(found for one in direct for found in get_subclasses(one))}


class PublicMethodsCommon(RolesCommon):
    """Calls whatever can be called by RPC, with records and arguments that make sense."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.methods = {
            name: method
            for name, method in get_methods(cls.env).items()
            # abstract models have no records; their methods are those of the models
            if not cls.env[name.rpartition(".")[0]]._abstract
        }
        cls.needs = {name: row["needs"] for name, row in read_table(METHODS).items()}
        cls.simulated = cls._create_pbx(
            "demo", token="simulated", company_id=cls.second_company.id, name="S"
        )
        cls.records |= cls._create_records_of_others()
        cls.records |= {"simulated": cls.simulated, "customer": cls.customer}
        cls.records["call.callback.close"].callback_ids = cls.records["call.callback"]
        cls.env.flush_all()

    @classmethod
    def _create_records_of_others(cls):
        env, worker = cls.env, cls.alice.employee_ids
        values = {"crm.lead": {}, "helpdesk.ticket": {"description": "T"}}
        values["sale.order"] = {"partner_id": cls.customer.id}
        values |= {name: {"name": "R"} | given for name, given in values.items()}
        values["privacy.lookup.wizard.line"] = {
            "res_model_id": env["ir.model"]._get_id("res.partner"), "res_id": cls.customer.id,
        }  # fmt: skip
        line = env["account.analytic.line"].create(
            {"name": "T", "project_id": cls.project.id, "employee_id": worker.id}
        )
        return {
            "calendar.event": env["calendar.event"].create(
                {"name": "M", "start": "2026-11-23 10:00:00", "stop": "2026-11-23 11:00:00"}
            ),
            "onboarding.onboarding": (onboarding := env.ref(CALLS)),
            "onboarding.onboarding.step": onboarding.step_ids[:1],
            "project.project": cls.project,
            "project.task": env["project.task"].create({"name": "T", "project_id": cls.project.id}),
            "account.analytic.line": line,
            "timesheets.analysis.report": env["timesheets.analysis.report"].browse(line.ids),
            "mail.followers": cls.project.message_follower_ids[:1],
            "hr.departure.wizard": env["hr.departure.wizard"].create(
                {"employee_ids": [Command.set(worker.ids)]}
            ),
            "res.partner": cls._create_contact("Contact"),
            "res.company": cls.company,
            "res.users": cls.alice,
            "res.config.settings": env["res.config.settings"].create({}),
            "hr.employee": worker,
            "resource.resource": worker.resource_id,
            "hr.department": cls.support,
            **{name: env[name].create(given) for name, given in values.items() if name in env},
        }

    def _get_row(self, name):
        """Return the name of the row of a method."""
        of_all_models = f"*.{name.rpartition('.')[2]}"
        return of_all_models if of_all_models in self.needs else name

    def _is_of_missing_app(self, name):
        model = name.rpartition(".")[0]
        return (model != "*" and model not in self.env) or self._is_of_missing_bridge(name)

    def _is_of_missing_bridge(self, name):
        if name.startswith("privacy."):
            bridge = self.env["ir.module.module"]._get("call_handling_privacy_lookup")
            return bridge.state != "installed"
        kinds = {"lead": "crm.lead", "ticket": "helpdesk.ticket", "quotation": "sale.order"}
        kind = name.rpartition("_")[2]
        return name.startswith("call.call.action_") and kinds.get(kind, "res.users") not in self.env

    def _try(self, role, name, records, arguments):
        """Call a method as a request does, and undo it.

        :return: what is returned, and the exception if one is raised
        :rtype: tuple
        """
        model, _dot, method = name.rpartition(".")
        env = self._env_of(role)
        is_of_model = getattr(self.methods[name], "_api_model", False)
        args = [] if is_of_model else [list(records)]
        result = problem = None
        self.env.registry.cache_invalidated.clear()
        self.env.invalidate_all()  # as in a new request: what is in the cache, anybody can read
        savepoint = self.env.cr.savepoint()
        try:
            result = call_kw(env[model], method, args, arguments)
            json.dumps(result, default=str)
            self.env.flush_all()
        except Exception as error:  # noqa: BLE001  every kind is judged
            problem = error
        self.env.transaction.clear()
        savepoint.rollback()
        savepoint.close()
        self.env.registry.reset_changes()
        return result, problem

    def _get_arguments(self, name):
        """Return arguments that make sense."""
        model = name.rpartition(".")[0]
        ids = {f"{n.rpartition('.')[2]}_id": record[:1].id for n, record in self.records.items()}
        ids |= {"partner_id": self.customer.id, "pbx_id": self.simulated.id}
        ids["res_id"] = self.customer.id
        change = CHANGES.get(model, {})
        values = {"vals": change, "values": change}
        if name.endswith(".create"):
            values["vals_list"] = self.records[model][:1].sudo().copy_data()[0] | change
        known = ARGUMENTS | ids | values
        parameters = list(inspect.signature(self.methods[name]).parameters)[1:]
        arguments = {parameter: known[parameter] for parameter in parameters}
        return arguments.pop("kwargs", {}) | arguments

    def _get_person(self, call):
        """Return who has spoken or, of a call logged by hand, who has logged it."""
        return call.reported_user_id if call.pbx_id else call.create_uid

    def _get_tried(self, role, model):
        """Return the records with which methods of a model are tried: some of each kind."""
        if model != "call.call":
            return (self.records[model],)
        by_rights = {}
        for name, rights in self.may[role].items():
            is_own = self._get_person(self.calls[name]) == self.users[role]
            by_rights.setdefault((is_own, *sorted(rights)), []).append(self.calls[name])
        return [call for calls in by_rights.values() for call in calls[-2:]]


@tagged("post_install", "-at_install", "exhaustive")
class TestPublicMethods(PublicMethodsCommon):
    """What anybody can call by RPC changes only what its caller may change, and never fails."""

    # === THE TABLE === #

    def test_the_table_names_every_public_method(self):
        named = {name for name in self.needs if not self._is_of_missing_app(name)}
        self.assertEqual({self._get_row(name) for name in self.methods}, named)

    def test_every_public_method_is_tried_with_a_record(self):
        models = {name.rpartition(".")[0] for name in self.methods}
        self.assertEqual({name for name in models if not self.records.get(name)}, set())
        self.assertEqual(ABOUT.keys() - self.methods.keys(), set())

    def test_the_table_names_every_route(self):
        routes = {
            route
            for cls in get_subclasses(http.Controller)
            for method in (vars(cls).values() if is_ours(cls) else ())
            for route in getattr(method, "original_routing", {}).get("routes", ())
        }
        self.assertEqual(routes, set(ROUTES))

    # === CALLING === #

    def _count_changes(self):
        """Return how many rows of each table this transaction has changed so far, whether or not
        that was undone."""
        self.env.cr.execute(
            """
            SELECT relname, changes
              FROM pg_class, LATERAL (
                   SELECT pg_stat_get_xact_tuples_inserted(oid)
                          + pg_stat_get_xact_tuples_updated(oid)
                          + pg_stat_get_xact_tuples_deleted(oid) AS changes) AS so_far
             WHERE relkind = 'r' AND changes > 0
            """
        )
        return Counter(dict(self.env.cr.fetchall()))

    def _get_need(self, name, record):
        """Return what a method needs: the word of the table, and the record it is about."""
        needs = self.needs[self._get_row(name)]
        if needs == "create":
            return needs, self.env[name.rpartition(".")[0]]
        return needs, self.records[ABOUT[name]] if name in ABOUT else record

    def _has_right(self, role, needs, record):
        """Return whether the table allows the role to change something with a record."""
        env = self._env_of(role)
        if needs == "-":
            return False
        if needs in GROUPS:
            return self.users[role].has_group(GROUPS[needs])
        if needs == "create":
            return env[record._name].has_access("create")
        if needs == "person":
            return self._get_person(record) == self.users[role]
        if needs == "lead" and not self.users[role].has_group(LEAD):
            return False
        right = "write" if needs == "lead" else needs
        return env[record._name].browse(record.ids).has_access(right)

    def test_nobody_changes_or_reads_with_a_method_what_the_tables_deny(self):
        get_tried = functools.cache(self._get_tried)
        # What was tried is undone, so that the same is allowed as before.
        has_right = functools.cache(self._has_right)
        for role in self.users:
            hidden = set(self._get_hidden(role))
            for name in self.methods:
                arguments = self._get_arguments(name)
                model = name.rpartition(".")[0]
                for record in get_tried(role, model):
                    if record._transient:
                        self._get_record(model, role)
                        self.env.flush_all()
                    may_change = has_right(role, *self._get_need(name, record))
                    before = self._count_changes()
                    with self.subTest(role=role, method=name, record=record), quiet():
                        result, problem = self._try(role, name, record.ids, arguments)
                        self._check_kind(name, problem)
                        if not may_change and not problem:
                            self.assertFalse(self._count_changes() - before)
                        shown = find_calls_in((result, problem))
                        self.assertFalse(shown & hidden)

    def test_odd_arguments_and_records_are_refused_with_a_message(self):
        for place, (name, ids, arguments) in enumerate(self._get_odd_tries()):
            for role in self._get_roles_of_try(name, place):
                self._check_odd(role, name, ids, copy.deepcopy(arguments))

    def _get_odd_tries(self):
        for name in self.methods:
            record = self.records[name.rpartition(".")[0]]
            for ids in ODD_IDS:
                yield name, ids, self._get_arguments(name)
            yield name, record.ids, {}
            for arguments in self._get_odd_arguments(name):
                yield name, record.ids, arguments

    def _get_roles_of_try(self, name, place):
        """Return who tries something odd. Methods that all models share are tried so often that
        the roles take turns; otherwise only those who may do little take turns."""
        if self._get_row(name).startswith("*."):
            return (("nobody", "own", "admin")[place % 3],)
        return ("admin", ("nobody", "own")[place % 2])

    def test_odd_values_of_fields_are_refused_with_a_message(self):
        for name in self.methods:
            model, _dot, method = name.rpartition(".")
            if method not in ("create", "write"):
                continue
            arguments = self._get_arguments(name)
            ((parameter, values),) = arguments.items()
            # What is wrong with a value is the same in both: they take turns.
            turn = method == "create"
            for place, field in enumerate(self._get_own_fields(model)):
                for value in copy.deepcopy(ODD_VALUES)[(place + turn) % 2 :: 2]:
                    self._check_odd(
                        "admin", name, self.records[model].ids, {parameter: values | {field: value}}
                    )

    def _get_own_fields(self, model):
        """Return the fields of a model that our addons define, and that can be written."""
        fields = self.env[model]._fields.values()
        ours = (field for field in fields if "call_handling" in str(field._modules[:1]))
        return [field.name for field in ours if not field.compute or field.inverse or field.store]

    def _get_odd_arguments(self, name):
        """Return odd arguments: each parameter in turn has each odd value, except values to be
        written, which are checked field by field."""
        arguments = self._get_arguments(name)
        return [
            arguments | {parameter: value}
            for parameter in arguments.keys() - {"vals", "vals_list"}
            for value in ODD
        ]

    def _check_odd(self, role, name, ids, arguments):
        with self.subTest(role=role, method=name, ids=ids, arguments=arguments), quiet():
            _result, problem = self._try(role, name, ids, arguments)
            self._check_kind(name, problem)

    def _check_kind(self, name, problem):
        """Check that a failure is one that Odoo shows as a message; or, of a method of Odoo that
        we extend, one of Odoo's own."""
        if problem is None or isinstance(problem, (UserError, IntegrityError)):
            return  # Odoo explains violated constraints
        model, _dot, method = name.rpartition(".")
        frames = traceback.extract_tb(problem.__traceback__)
        if isinstance(problem, TypeError) and frames[-1].name in ("call_kw", "_bind"):
            return  # a wrong number of arguments
        is_odoos = any(
            method in vars(cls) for cls in type(self.env[model]).mro() if not is_ours(cls)
        )
        if is_odoos and "call_handling" not in frames[-1].filename:
            return
        where = [f"{f.filename.rpartition('/')[2]}:{f.lineno} {f.name}" for f in frames[-4:]]
        self.fail(f"{type(problem).__name__}: {problem} {where}")


@tagged("post_install", "-at_install")
class TestRoutes(CallHttpCommon):
    """Requests that nobody would send to our routes are refused."""

    def test_odd_requests_are_refused(self):
        for token in ("x", "0", "%00", "..%2f", "a" * 3000):
            with self.subTest(token[:9]):
                self.assertIn(self._post({"call": "1"}, token=token).status_code, (403, 404))
        for body in (b"", b"\x00", b"[", b"null", b"{}", b"[[[]]]", b'{"call": {}}'):
            with self.subTest(body):
                self.assertEqual(self._post(body, secret=None).status_code, 403)
                self.assertLess(self._post(body).status_code, 500)

    def test_odd_questions_for_a_name_or_a_phonebook_are_refused(self):
        for token in ("x", "%00", "..%2f", "a" * 3000):
            for path in ("who/{}", "phonebook/{}/json", "phonebook/{}/json/phonebook.xml"):
                with self.subTest(path, token=token[:9]):
                    answer = self.url_open(f"/call_handling/{path.format(token)}")
                    self.assertIn(answer.status_code, (403, 404, 429))
