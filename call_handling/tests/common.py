import json
import time
from contextlib import contextmanager
from datetime import datetime, timezone
from unittest.mock import patch

from odoo.modules import Manifest
from odoo.tests import Form, HttpCase, new_test_user
from odoo.tools import convert_file

from odoo.addons.base.tests.common import BaseCommon

from ..adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from ..intake import Intake
from ..models.health.deliveries import deliveries
from ..models.pbx.access import WEBHOOK_PATH
from ..tools.refusing import forget_refusals

SECRET = "a secret for tests"
TOKEN = "address-for-tests"


class CallCommon(BaseCommon):
    """A German company with a telephone system, three departments and a user per role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.germany = cls.env.ref("base.de")
        cls.company = cls.env["res.company"].create(
            {
                "name": "Nordlicht GmbH",
                "country_id": cls.germany.id,
                # The calls of the tests have fixed dates, and never become history.
                "call_history_days": 0,
            }
        )
        cls.env.user.write({"company_ids": [(4, cls.company.id)], "company_id": cls.company.id})
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=cls.company.ids))
        cls.pbx = cls._create_pbx("generic", token=TOKEN)
        cls._create_users()

    @classmethod
    def _create_pbx(cls, adapter, token, **values):
        return cls.env["call.pbx"].create(
            {
                "name": f"Telephone system {adapter}",
                "adapter": adapter,
                "company_id": cls.company.id,
                "country_id": cls.germany.id,
                "tz": "Europe/Berlin",
                "token": token,
                "secret": SECRET,
            }
            | values
        )

    @classmethod
    def _create_users(cls):
        cls.support, cls.sales = cls.env["hr.department"].create(
            [
                {"name": "Support", "company_id": cls.company.id},
                {"name": "Sales", "company_id": cls.company.id},
            ]
        )
        cls.alice = cls._create_user("alice", "own", cls.support, "101")
        cls.bob = cls._create_user("bob", "own", cls.support, "102")
        cls.lead = cls._create_user("lead", "department", cls.support, "103")
        cls.dave = cls._create_user("dave", "own", cls.sales, "104")
        cls.boss = cls._create_user("boss", "all", cls.env["hr.department"], "105")
        cls.admin = cls._create_user("admin_of_calls", "admin", cls.env["hr.department"], False)

    @classmethod
    def _create_user(cls, login, role, department, extension):
        user = new_test_user(
            cls.env,
            login=login,
            groups=f"base.group_user,call_handling.group_call_handling_{role}",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
            tz="Europe/Berlin",
        )
        cls.env["hr.employee"].create(
            {
                "name": login,
                "user_id": user.id,
                "company_id": cls.company.id,
                "department_id": department.id,
            }
        )
        if extension:
            cls._give_extension(cls.pbx, user, extension)
        return user

    @classmethod
    def _give_extension(cls, pbx, user, extension):
        return cls.env["call.extension"].create(
            {"pbx_id": pbx.id, "user_id": user.id, "number": extension}
        )

    @classmethod
    def _create_contact(cls, name, phone=False, **values):
        return cls.env["res.partner"].create(
            {"name": name, "phone": phone, "country_id": cls.germany.id} | values
        )

    def _open_dialog(self, action, user):
        """Return the record of the dialog that an action opens, as the web client creates it."""
        self.assertEqual(action["target"], "new")
        model = self.env[action["res_model"]].with_user(user).with_context(**action["context"])
        return Form(model).save()

    def _mark_unwanted(self, call, user):
        """Press *Unwanted* on the call, and confirm the dialog."""
        action = call.with_user(user).action_block_number()
        return self._open_dialog(action, user).action_confirm()

    @classmethod
    def _make_private(cls, calls):
        """Press *Private*, and confirm it."""
        return cls._confirm(calls, calls.action_make_private())

    @classmethod
    def _forget_private(cls, calls):
        """Press *Delete* on private calls, and confirm it."""
        return cls._confirm(calls, calls.action_forget_private())

    @classmethod
    def _confirm(cls, calls, action):
        wizard = calls.env[action["res_model"]].browse(action["res_id"])
        return wizard.action_confirm()

    def _run_scheduled_action(self, xmlid):
        with self.enter_registry_test_mode():
            self.env.ref(f"call_handling.{xmlid}").method_direct_trigger()
        self.env.invalidate_all()

    # --- events ----------------------------------------------------------------------

    @classmethod
    def _send_events(cls, *events, pbx=None):
        """Process events as if the telephone system had sent them in one batch."""
        pbx = pbx or cls.pbx
        adapter = pbx._get_adapter()
        now = datetime.now(timezone.utc)
        messages = [adapter.understand(event, now) for event in events]
        return Intake(pbx, adapter).process(messages)

    @classmethod
    def _call(cls, ref, pbx=None):
        pbx = pbx or cls.pbx
        # the second one is that of private calls
        names = (ref, cls.env["call.event"]._get_hidden_name(ref))
        of_ref = [("pbx_id", "=", pbx.id), ("reference_ids.ref", "in", names)]
        return cls.env["call.call"].search(of_ref)

    @classmethod
    def _log_call(cls, ref="c1", number="+12025550142", answered=True, extension="101", **values):
        """Log a call from ringing to its end; the values are added to its first event."""
        phone = {"leg": f"{ref}-{extension}", "extension": extension}
        events = [
            {"call": ref, "event": "ringing", "direction": "incoming", "from": number,
             "to": "+493023125610", "at": "2026-11-23T10:00:00Z"} | phone | values,
        ]  # fmt: skip
        if answered:
            events.append({"call": ref, "event": "answered", "at": "2026-11-23T10:00:05Z"} | phone)
        cause = "normal" if answered else "no_answer"
        events.append({"call": ref, "event": "ended", "cause": cause, "at": "2026-11-23T10:01:05Z"})
        cls._send_events(*events)
        return cls._call(ref)


class CallHttpCommon(CallCommon, HttpCase):
    """Sends requests to the webhook."""

    def setUp(self):
        super().setUp()
        # Each test has the limits and the log of a new worker.
        self._wait_remaining_requests()  # of the test before, which are noted after their answer
        forget_refusals()
        deliveries._waiting.clear()
        self.addCleanup(deliveries._waiting.clear)

    def _run_scheduled_action(self, xmlid):
        # The registry is in test mode already.
        self.env.ref(f"call_handling.{xmlid}").method_direct_trigger()
        self.env.invalidate_all()

    def _post(self, body, *, token=TOKEN, secret=SECRET, timestamp=None, headers=None):
        """Send a body as a telephone system would. Anything but bytes is sent as JSON."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        all_headers = {"Content-Type": "application/json"}
        if secret:
            timestamp = str(int(time.time())) if timestamp is None else timestamp
            all_headers[TIMESTAMP_HEADER] = timestamp
            all_headers[SIGNATURE_HEADER] = sign(secret, timestamp, body)
        return self.url_open(
            f"{WEBHOOK_PATH}/{token}",
            data=body,
            headers=all_headers | (headers or {}),
            method="POST",
        )

    def _read_log(self, pbx=None):
        """Write what is waiting to be logged about requests, and return it."""
        self._wait_remaining_requests()  # they are noted after the answer
        deliveries.write_waiting(self.env.cr)
        self.env.invalidate_all()
        return self.env["call.delivery"].search([("pbx_id", "=", (pbx or self.pbx).id)])

    def _get_refused(self, pbx=None):
        """Return how many requests were not accepted, by the reason."""
        refused = self._read_log(pbx).filtered("reason").grouped("reason")
        return {reason: sum(rows.mapped("request_count")) for reason, rows in refused.items()}


def load_demo(env, addon, known):
    """Load an addon's demo data, unless the database has it already.

    :param str known: xml id of one of its records, without the addon
    """
    if not env.ref(f"{addon}.{known}", raise_if_not_found=False):
        for path in Manifest.for_addon(addon)["demo"]:
            convert_file(env, addon, path, {}, mode="init", noupdate=True)


@contextmanager
def folding_fails(message="broken"):
    """Within this context, creating a call from its events fails."""
    target = "odoo.addons.call_handling.models.call.facts.fold_calls"
    with patch(target, side_effect=RuntimeError(message)):
        yield
