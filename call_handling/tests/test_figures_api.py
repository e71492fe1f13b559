import contextlib
import io
import json
import os
import re
from datetime import timedelta
from pathlib import Path
from unittest import skipUnless
from unittest.mock import patch

from odoo import fields
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common_reports import ReportsCommon

PAGE = Path(__file__).parents[2] / "docs" / "figures-for-other-programs.md"
SERVER = "https://odoo.example.com"


@tagged("post_install", "-at_install")
@skipUnless(PAGE.exists(), "The addon was installed without its documentation.")
class TestFiguresApi(ReportsCommon, HttpCase):
    """What docs/figures-for-other-programs.md says about the external API, word by word."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page = PAGE.read_text()
        cls.program = new_test_user(
            cls.env, "bi", "base.group_user,call_handling.group_call_handling_all",
            company_id=cls.company.id, company_ids=cls.company.ids,
        )  # fmt: skip
        cls._incoming(day="2026-10-05", talk=60)
        cls._incoming(day="2026-10-05", talk=60)
        cls._incoming(day="2026-10-05", wait=30)
        cls._incoming(day="2026-11-01", talk=60)
        cls.env.flush_all()

    def _get_block(self, language):
        (block,) = re.findall(rf"```{language}\n(.*?)```", self.page, re.S)
        return block

    def _create_key(self, user):
        keys = self.env(user=user)["res.users.apikeys"].sudo()
        return keys._generate("rpc", "BI", fields.Datetime.now() + timedelta(days=1))

    def _run_curl(self, user):
        """Do what the line of curl does."""
        command = self._get_block("sh").replace("$ODOO_KEY", self._create_key(user))
        path = re.search(rf"{SERVER}(\S+)", command)[1]
        headers = dict(header.split(": ") for header in re.findall(r'-H "(.*?)"', command))
        return self.url_open(path, data=re.search(r"-d '(.*?)'", command, re.S)[1], headers=headers)

    def _get_shape(self, value):
        """Return which keys and types an answer has."""
        if isinstance(value, dict):
            return {key: self._get_shape(each) for key, each in value.items()}
        return type(value)

    def test_the_request_has_the_documented_answer(self):
        answer = self._run_curl(self.program)
        self.assertEqual(answer.status_code, 200, answer.text)
        (row,), (documented,) = answer.json(), json.loads(self._get_block("json"))
        self.assertEqual(self._get_shape(row), self._get_shape(documented))
        for name in ("date:day", "offered:sum", "answered:sum", "missed:sum"):
            self.assertEqual(row[name], documented[name])
        self.assertEqual(row["line_id"], [self.line.id, self.line.display_name])

    def test_private_calls_never_enter(self):
        call = self._incoming(day="2026-10-05", talk=60)
        call.with_user(self.alice)._make_private()
        self.env.flush_all()
        (row,) = self._run_curl(self.program).json()
        self.assertEqual(row["offered:sum"], 3)

    @mute_logger("odoo.http")
    def test_who_has_no_role_gets_nothing(self):
        nobody = new_test_user(self.env, "no_calls", "base.group_user")
        answer = self._run_curl(nobody)
        self.assertEqual(answer.status_code, 403)
        self.assertNotIn("offered", answer.text)

    @mute_logger("odoo.http")
    def test_a_key_that_has_ended_is_refused(self):
        with patch.object(type(self), "_create_key", lambda *_args: "0" * 40):
            self.assertEqual(self._run_curl(self.program).status_code, 401)

    def test_everybody_gets_the_figures_of_the_calls_they_see(self):
        self.assertEqual(self._run_curl(self.dave).json(), [])
        (row,) = self._run_curl(self.alice).json()
        self.assertEqual(row["offered:sum"], 3)

    def test_the_program_writes_a_table_of_last_month(self):
        key = self._create_key(self.program)

        def send(request):
            path = request.full_url.removeprefix(SERVER)
            answer = self.url_open(path, data=request.data, headers=dict(request.header_items()))
            return io.BytesIO(answer.content)

        written = io.StringIO()
        with (
            patch.dict(os.environ, {"ODOO_URL": SERVER, "ODOO_KEY": key}),
            patch("urllib.request.urlopen", send),
            freeze_time("2026-11-27"),
            contextlib.redirect_stdout(written),
        ):
            exec(compile(self._get_block("python"), PAGE.name, "exec"), {})  # noqa: S102
        self.assertEqual(
            written.getvalue().splitlines(),
            [
                "day,own number,offered,answered,missed",
                f"2026-10-05,{self.line.display_name},3,2,1",
            ],
        )

    def test_the_named_models_and_measures_exist(self):
        models = re.findall(r"^\| `(call\.\S+)` \|", self.page, re.M)
        self.assertEqual(len(models), 3)
        for name in models:
            self.assertIn(name, self.env)
        for measure in ("answer_rate", "service_level", "speed_of_answer"):
            self.assertIn(f"`{measure}`", self.page)
            self.assertEqual(self.env["call.report"]._fields[measure].aggregator, "avg")
