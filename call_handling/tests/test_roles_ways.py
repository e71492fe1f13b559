import json
import re
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.http_routing.tests.common import MockRequest

from ..tools import AUTOMATIC
from .common_roles import RolesCommon, find_calls_in, quiet
from .common_ways import FIELDS, WAYS_BY_RPC
from .roles_table import WAYS, WAYS_OF_SUMMARIES, read_ways

SEEN = ("own", "missed", "managed")


class WaysCommon(RolesCommon):
    """Tries ways around the record rules, with calls that have become other records, too."""

    hand_over = "link"  # of `call_hand_over`
    tables = (WAYS,)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_follow_ups()
        cls.env.flush_all()

    @classmethod
    def _create_follow_ups(cls):
        cls.company.call_hand_over = cls.hand_over
        call = cls.calls["managed"]
        call.action_create_task()
        call.action_log_time()
        call.task_id.message_subscribe(cls.customer.ids)

    def _allow_everything(self):
        """Let a role see everything that the ways lead to, and return it: a way that shows nothing
        to anybody would be no test."""
        for group in ("hr_timesheet.group_hr_timesheet_approver", "project.group_project_user"):
            self.alice.group_ids += self.env.ref(group)
        self.alice.group_ids += self.env.ref("call_handling.group_call_handling_all")
        self.calls["missed"].with_context(**AUTOMATIC.set()).partner_id = self.customer
        internal = {"name": "Internal", "company_id": self.company.id, "allow_timesheets": True}
        internal["privacy_visibility"] = "employees"
        self.calls["own"].project_id = self.env["project.project"].create(internal)
        self.calls["own"].action_log_time()
        self.env.flush_all()
        return "own"

    def _check(self, way, role, content):
        hidden = self._get_hidden(role)
        shown = find_calls_in(content) & hidden.keys()
        self.assertEqual(shown, read_ways(*self.tables)[way].get(role, set()) & hidden.keys())

    def _attempt(self, attempt):
        """Return what an attempt returns, as a request would, or why it is refused; undo it."""
        self.env.invalidate_all()
        savepoint = self.env.cr.savepoint()
        try:
            return repr(attempt())
        except (UserError, ValueError, KeyError, AttributeError, TypeError) as error:
            return str(error)
        finally:
            self.env.transaction.clear()
            savepoint.rollback()
            savepoint.close()

    def _check_ways(self, roles):
        for role in roles:
            env = self._env_of(role)
            hidden = {
                name: env["call.call"].browse(call.id)
                for name, call in self._get_tried(role).items()
            }
            for name, attempts in WAYS_BY_RPC.items():
                with self.subTest(way=name, role=role), quiet():
                    content = [self._attempt(attempt) for attempt in attempts(env, hidden)]
                    self.assertTrue(content)
                    self._check(name, role, content)


@tagged("post_install", "-at_install", "exhaustive")
class TestRolesWays(WaysCommon):
    """No RPC shows anything of hidden calls, beside what the table says."""

    def test_the_table_names_every_way(self):
        ways = {name for name in read_ways(WAYS) if not name.startswith("http_")}
        self.assertEqual(set(WAYS_BY_RPC), ways)

    def test_no_way_shows_hidden_calls(self):
        self._check_ways(self.users)

    def test_counts_are_those_of_visible_calls(self):
        calls = self.env["call.call"].union(*self.calls.values())
        with self.env.cr.savepoint():
            calls.with_context(**AUTOMATIC.set()).write({"partner_id": self.customer.id})
        for role, row in self.may.items():
            visible = sum("read" in allowed for allowed in row.values())
            with self.subTest(role=role), quiet():
                self.assertEqual(self._count_calls_of_customer(role), visible)

    def _count_calls_of_customer(self, role):
        try:
            return self._env_of(role)["res.partner"].browse(self.customer.id).call_count
        except AccessError:
            return 0

    def test_screens_are_informed_without_anything_about_calls(self):
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].search([]).mapped("message")
        ours = [message for message in messages if "call_handling" in message]
        self.assertTrue(ours)
        self.assertEqual(find_calls_in(ours), set())

    def test_only_users_of_calls_subscribe_to_changes_of_calls(self):
        for role, user in self.users.items():
            env = self._env_of(role)
            with self.subTest(role=role), MockRequest(env):
                channels = env["ir.websocket"]._build_bus_channel_list(["call_handling.calls"])
                subscribed = any("call_handling.calls" in str(channel) for channel in channels)
                group = "call_handling.group_call_handling_own"
                self.assertEqual(subscribed, user.has_group(group))


class WaysHttpCommon(WaysCommon, HttpCase):
    """Sends requests that may show something of calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        printed = cls.env["ir.actions.report"].search([("report_type", "=like", "qweb-%")])
        # those of companies are previews of the layout
        printed = printed.filtered(lambda report: report.model != "res.company")
        cls.reports = {
            model: reports.mapped("report_name")
            for model, reports in printed.grouped("model").items()
        }

    def _request_json(self, path, **params):
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        return self.url_open(
            path, data=json.dumps(body), headers={"Content-Type": "application/json"}
        ).text

    def _get_key(self, user):
        """Return a key for the external API of a user."""
        keys = self.env(user=user)["res.users.apikeys"].sudo()
        return keys._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))

    def _request_files(self, role, hidden):
        for call in hidden.values():
            about = [("res_model", "=", "call.call"), ("res_id", "=", call.id)]
            for file in self.env["ir.attachment"].search(about):
                yield self.url_open(f"/web/content/{file.id}")
                yield self.url_open(f"/mail/attachment/zip?file_ids={file.id}&zip_name=x")

    def _request_chatter(self, role, hidden):
        for call in hidden.values():
            thread = {"thread_model": "call.call", "thread_id": call.id}
            yield self._request_json("/mail/thread/messages", **thread)
            yield self._request_json("/mail/thread/recipients", **thread)
            fetch = ["mail.thread", {**thread, "request_list": ["attachments", "followers"]}]
            yield self._request_json("/mail/data", fetch_params=[fetch])
            yield self._request_json("/mail/message/post", **thread, post_data={"body": "x"})
            yield self.url_open(f"/mail/view?model=call.call&res_id={call.id}")

    def _request_portal(self, role, hidden):
        task = self.calls["managed"].task_id
        yield from map(
            self.url_open,
            ("/my", "/my/tasks", f"/my/tasks/{task.id}", "/my/timesheets", "/my/projects"),
        )
        yield self.url_open(f"/my/projects/{self.project.id}")
        thread = {"thread_model": "project.task", "thread_id": task.id}
        yield self._request_json("/mail/thread/messages", **thread)
        for file in self.env["ir.attachment"].search([("res_model", "=", "project.task")]):
            yield self.url_open(f"/web/content/{file.id}")

    def _request_reports(self, role, hidden):
        for call in hidden.values():
            for name in call._fields:
                if call._fields[name].comodel_name in self.reports:
                    yield from self._print(call[name])

    def _print(self, records):
        """Return all printed documents that there are of some records."""
        if records:
            ids = ",".join(map(str, records.ids))
            for report in self.reports.get(records._name, ()):
                yield self.url_open(f"/report/html/{report}/{ids}")

    def _request_json_2(self, role, hidden):
        if role == "public":
            return
        headers = {"Authorization": f"Bearer {self._get_key(self.users[role])}"}
        headers["Content-Type"] = "application/json"
        ids = [call.id for call in hidden.values()]
        requests = {
            "read": {"ids": ids, "fields": FIELDS},
            "search_read": {"domain": [], "fields": FIELDS},
            "name_search": {"name": "zq"},
            "get_cards": {"call_ids": ids},
            "get_menu": {},
            "web_read": {"ids": ids, "specification": {"summary": {}}},
        }
        for method, body in requests.items():
            yield self.url_open(
                f"/json/2/call.call/{method}", data=json.dumps(body), headers=headers
            )

    def _request_export(self, role, hidden):
        columns = [{"name": name, "label": name} for name in ("remote_name", "summary")]
        data = {"model": "call.call", "fields": columns, "domain": [], "groupby": []}
        data |= {"ids": [call.id for call in hidden.values()], "import_compat": False}
        page = self.url_open("/odoo").text
        token = re.search(r'csrf_token: "(\w+)"', page)
        body = {"data": json.dumps(data), "csrf_token": token and token.group(1)}
        yield self.url_open("/web/export/csv", data=body)

    def _request_in_developer_mode(self, role, hidden):
        self.url_open("/odoo?debug=1")
        for call in hidden.values():
            call_kw = {"model": "call.call", "method": "read", "args": [call.ids], "kwargs": {}}
            yield self._request_json("/web/dataset/call_kw", **call_kw)

    def _get_requests(self):
        return {
            "http_files": self._request_files,
            "http_chatter": self._request_chatter,
            "http_portal": self._request_portal,
            "http_reports": self._request_reports,
            "http_json": self._request_json_2,
            "http_export": self._request_export,
            "http_developer_mode": self._request_in_developer_mode,
        }

    def _check_requests(self, roles):
        for role in roles:
            hidden = self._get_tried(role)
            is_public = role == "public"
            for name, requests in self._get_requests().items():
                self.authenticate(None if is_public else self.users[role].login, None)
                with self.subTest(way=name, role=role), quiet():
                    content = [getattr(one, "text", one) for one in requests(role, hidden)]
                    self._check(name, role, content)


@tagged("post_install", "-at_install", "exhaustive")
class TestRolesWaysHttp(WaysHttpCommon):
    """No request shows anything of hidden calls, beside what the table says."""

    def test_the_table_names_every_way(self):
        ways = {name for name in read_ways(WAYS) if name.startswith("http_")}
        self.assertEqual(set(self._get_requests()), ways)

    def test_no_request_shows_hidden_calls(self):
        self._check_requests(self.users)


@tagged("post_install", "-at_install", "exhaustive")
class TestRolesWaysOfSummaries(WaysHttpCommon):
    """What a company hands over beside a link is read by colleagues, and not by customers."""

    hand_over = "summary"
    tables = (WAYS, WAYS_OF_SUMMARIES)

    def test_colleagues_read_what_is_handed_over_and_nothing_else(self):
        self._check_ways(("nobody", "contacts", "project", "approver", "portal", "public"))

    def test_requests_of_colleagues_show_what_is_handed_over_and_nothing_else(self):
        self._check_requests(("nobody", "contacts", "project", "approver", "portal", "public"))

    def test_every_way_shows_visible_calls(self):
        env = self._env_of(self._allow_everything())
        seen = {name: env["call.call"].browse(self.calls[name].id) for name in SEEN}
        for name, attempts in WAYS_BY_RPC.items():
            with self.subTest(way=name), quiet():
                content = [self._attempt(attempt) for attempt in attempts(env, seen)]
                self.assertTrue(find_calls_in(content))

    def test_every_request_shows_visible_calls(self):
        role = self._allow_everything()
        seen = {name: self.calls[name] for name in SEEN}
        for name, requests in self._get_requests().items():
            self.authenticate(self.users[role].login, None)
            with self.subTest(way=name), quiet():
                content = [getattr(one, "text", one) for one in requests(role, seen)]
                self.assertTrue(find_calls_in(content))
