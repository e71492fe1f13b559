import contextlib
import functools
from unittest.mock import Mock, patch

from lxml import etree
from psycopg2 import DatabaseError, OperationalError
from psycopg2.errors import ReadOnlySqlTransaction

from odoo import http
from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import BaseCase, HttpCase, tagged

from ..models.directory.call_directory import PHONEBOOK_PATH, WHO_PATH
from ..tools.replica import Replica
from .common import CallCommon
from .common_roles import quiet
from .test_public_methods import PublicMethodsCommon, get_subclasses, is_ours

# What only reads and is read from the primary database all the same, with the reason.
FROM_PRIMARY = {
    "call.call.get_cards": "cards are read because of messages, and on a page that has missed those"
    " before it",
    "call.call.get_outline": "the form reads it when a message has changed the call",
    "call.call.get_recordings": "a player reads them when a message has changed the call",
    "call.command.get_result": "it is read because of a message",
}
# Routes that are not answered by a replica, with the reason.
WRITING_ROUTES = {
    "/call_handling/pbx/<string:token>": "stores events",
    "/call_handling/pbx/<string:token>/recording": "stores parts of files, and says what is stored",
    "/websocket/call_handling/pbx/<string:token>": "hands out commands",
    "/call_handling/recording/<int:recording_id>": "writes the access log",
    "/call_handling/recording/<int:recording_id>/download": "writes the access log",
    "/call_handling/contact/<int:contact_id>/export": "writes the access log",
    "/call_handling/diagnosis/<string:model>/<int:record_id>": "writes the access log",
}
# The form is only for administrators: what it counts, others may not read.
OF_ADMINS = {"call.pbx"}
VIEWS = [[False, "list"], [False, "form"], [False, "search"]]
# What a screen sends that reads because of a message, see static/src/call_primary/call_primary.js
AFTER_MESSAGE = {"call_handling_primary": True}


def is_readonly(model, name):
    """Return whether Odoo lets a replica answer, as its controllers find it out."""
    marks = (getattr(getattr(cls, name, None), "_readonly", None) for cls in model.mro())
    return next((mark for mark in marks if mark is not None), False)


@tagged("post_install", "-at_install")
class TestReplica(PublicMethodsCommon):
    """What people only read can be answered by a replica, because it never writes anything."""

    def _is_of_odoo(self, name):
        model, _dot, method = name.rpartition(".")
        mro = type(self.env[model]).mro()
        return any(method in vars(cls) for cls in mro if not is_ours(cls))

    def _get_expected(self, name):
        """Return whether a replica has to answer a method of ours.

        Buttons are left out, whether they write or not: a form is saved right before its button
        is called, and a replica may not have it yet.
        """
        is_button = name.rpartition(".")[2].startswith("action_")
        reads = self.needs[self._get_row(name)] == "-"
        return reads and not is_button and name not in FROM_PRIMARY

    @contextlib.contextmanager
    def _reading_only(self):
        """Have the database refuse whatever writes."""
        savepoint = self.env.cr.savepoint()
        # until the savepoint is rolled back
        self.env.cr.execute("SET TRANSACTION READ ONLY")
        try:
            yield
        finally:
            savepoint.rollback()
            savepoint.close()

    def test_what_only_reads_is_answered_by_a_replica_unless_there_is_a_reason(self):
        own = {name for name in self.methods if not self._is_of_odoo(name)}
        self.assertEqual(FROM_PRIMARY.keys() - own, set())
        for name in own:
            model, _dot, method = name.rpartition(".")
            with self.subTest(name):
                found = is_readonly(type(self.env[model]), method)
                self.assertEqual(found, self._get_expected(name))

    def test_methods_that_a_replica_answers_never_write(self):
        tried = set()
        for role in ("own", "department", "all", "admin", "manager", "nobody", "protection"):
            for name in self.methods:
                model, _dot, method = name.rpartition(".")
                if not is_readonly(type(self.env[model]), method):
                    continue
                for record in self._get_tried(role, model):
                    with self.subTest(role=role, method=name, record=record), quiet():
                        arguments = self._get_arguments(name)
                        with self._reading_only():
                            _result, problem = self._try(role, name, record.ids, arguments)
                        self.assertNotIsInstance(problem, ReadOnlySqlTransaction)
                        tried.add(name) if not problem else None
        self.assertGreaterEqual(tried, {"call.report.get_dashboard", "call.call.get_menu"})

    def test_lists_pivots_graphs_and_searches_never_write(self):
        for role in ("own", "admin"):
            for model in self._get_own_models(role):
                for method, arguments in self._get_reads(model):
                    with self.subTest(role=role, model=model._name, method=method):
                        self.assertTrue(is_readonly(type(model), method))
                        with self._reading_only(), quiet(), contextlib.suppress(AccessError):
                            call_kw(model, method, [], arguments)
                            model.env.flush_all()

    def _get_own_models(self, role):
        models = (self._env_of(role)[name] for name in self.env.registry)
        return [
            model
            for model in models
            if model._name.startswith("call.")
            and not (model._abstract or model._transient)
            and model.has_access("read")
            and (role == "admin" or model._name not in OF_ADMINS)
        ]

    def _get_reads(self, model):
        """Return what screens ask for: methods and their arguments."""
        described = model.fields_get()
        views = model.get_views(VIEWS)["views"].values()
        shown = {
            name: {}
            for view in views
            for name in etree.fromstring(view["arch"]).xpath("//field[not(ancestor::field)]/@name")
        }
        yield "web_search_read", {"domain": [], "specification": shown, "limit": 80}
        yield "web_name_search", {"name": "a", "specification": {"display_name": {}}}
        yield "get_views", {"views": VIEWS}
        groups = [name for name, each in described.items() if each.get("groupable")]
        measures = [
            f"{name}:{each['aggregator']}"
            for name, each in described.items()
            if each.get("aggregator") in ("sum", "avg", "max") and each["store"]
        ]
        for group in groups:
            spec = f"{group}:day" if described[group]["type"] in ("date", "datetime") else group
            yield (
                "formatted_read_group",
                {"domain": [], "groupby": [spec], "aggregates": ["__count", *measures]},
            )


@tagged("post_install", "-at_install")
class TestReplicaRequests(CallCommon, HttpCase):
    """Which requests a replica answers, and which the primary database."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call = cls._log_call("c1")
        cls.alice.password = "alice-alice"

    def _find_cursors(self, model, method, *args, context=None, **kwargs):
        """Call a method as a screen does.

        :return: whether the cursor could only read
        :rtype: list[bool]
        """
        self.authenticate(self.alice.login, "alice-alice")
        cls, found = self.env.registry[model], []
        original = getattr(cls, method)

        @functools.wraps(original)
        def note(records, *args, **kwargs):
            found.append(records.env.cr.readonly)
            return original(records, *args, **kwargs)

        with patch.object(cls, method, note):
            self.make_jsonrpc_request(
                f"/web/dataset/call_kw/{model}/{method}",
                {
                    "model": model,
                    "method": method,
                    "args": args,
                    "kwargs": {"context": context or {}, **kwargs},
                },
            )
        return found

    def test_what_is_read_because_of_a_message_comes_from_the_primary_database(self):
        read = {"specification": {"summary": {}}}
        search = {"domain": [], **read}
        group = {"domain": [], "groupby": ["state"], "aggregates": ["__count"]}
        for name, args, kwargs in (
            ("call.call.web_search_read", [], search),  # lists
            ("call.call.web_read_group", [], group),  # lists with groups, kanban
            ("call.call.web_read", [self.call.ids], read),  # forms
            ("call.call.read", [self.call.ids, ["is_private"]], {}),
            ("call.call.get_menu", [], {}),
            ("call.report.get_wallboard", ["all"], {}),
        ):
            model, _dot, method = name.rpartition(".")
            with self.subTest(name):
                found = self._find_cursors(model, method, *args, **kwargs)
                self.assertEqual(found[:1], [True])
                found = self._find_cursors(model, method, *args, context=AFTER_MESSAGE, **kwargs)
                self.assertEqual(found[:1], [False])

    def test_cards_and_results_of_commands_come_from_the_primary_database(self):
        self.assertEqual(self._find_cursors("call.call", "get_cards"), [False])
        self.assertEqual(self._find_cursors("call.command", "get_result", 1), [False])

    def test_a_context_that_is_none_is_answered_as_by_odoo(self):
        self.assertEqual(self._find_cursors("call.call", "get_menu", context=False), [True])

    def test_every_route_is_answered_by_a_replica_unless_it_writes(self):
        found = {
            route: method.original_routing.get("readonly", False)
            for cls in get_subclasses(http.Controller)
            for method in (vars(cls).values() if is_ours(cls) else ())
            for route in getattr(method, "original_routing", {}).get("routes", ())
        }
        self.assertEqual({r for r, mode in found.items() if not mode}, WRITING_ROUTES.keys())

    def test_routes_that_a_replica_answers_never_write(self):
        directory = self.env["call.directory"].create(
            {"name": "Office", "pbx_id": self.pbx.id, "phonebook_user_id": self.alice.id}
        )
        self.env["ir.config_parameter"].set_param("call_handling.health_token", "a-token")
        for path in (
            f"{WHO_PATH}/{directory.token}?number=%2B12025550142",
            f"{PHONEBOOK_PATH}/{directory.token}/json?search=a",
            "/call_handling/health?token=a-token",
        ):
            # Odoo logs it if the cursor cannot write what is written
            with self.subTest(path), self.assertNoLogs("odoo.http", "WARNING"):
                answer = self.url_open(path)
                self.assertLess(answer.status_code, 600)
                self.assertNotEqual(answer.status_code, 500)


@tagged("post_install", "-at_install")
class TestReplicaConnection(BaseCase):
    """Whatever happens to the replica, Odoo learns of it in the way that it is prepared for."""

    def _open(self, **behaviour):
        connection = Mock(**{f"cursor.{name}": value for name, value in behaviour.items()})
        return Replica(connection).cursor()

    def test_a_connection_that_broke_counts_as_a_replica_that_does_not_answer(self):
        for error in (DatabaseError("closed"), OperationalError("refused")):
            with self.subTest(error), self.assertRaises(OperationalError):
                self._open(side_effect=error)

    def test_what_is_no_matter_of_the_connection_remains_an_error(self):
        with self.assertRaises(KeyError):
            self._open(side_effect=KeyError("x"))

    def test_a_replica_that_answers_gives_its_cursor(self):
        self.assertEqual(self._open(return_value="cursor"), "cursor")
