"""A user of every role, and calls of every kind whose words and numbers occur nowhere else."""

import re

from odoo import Command
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .common import CallCommon
from .roles_table import CALL_RIGHTS, CALLS, ROLES, get_operations, read_table

# The hidden calls with which ways are tried: one of each kind.
TRIED = ("theirs", "abroad", "managed", "missed")
SEPARATORS = re.compile(r"[\W_]+")


def get_word(name):
    """Return the word that occurs in all texts of a call of the cast."""
    return f"zq{name}qz"


def get_number(name):
    """Return the number of the remote party of a call of the cast."""
    return f"+120255501{10 + list(CALLS).index(name)}"


def find_calls_in(content):
    """Return the calls of the cast that a text says something about.

    :param content: anything; its text is searched for words and, in any format, numbers
    :rtype: set[str]
    """
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
    plain = SEPARATORS.sub("", text)
    return {name for name in CALLS if get_word(name) in text or get_number(name)[2:] in plain}


class RolesCommon(CallCommon):
    """Everybody and everything that `roles_table` names."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second_company = cls.env["res.company"].create(
            {"name": "Sydlicht GmbH", "country_id": cls.germany.id}
        )
        cls.env.user.company_ids += cls.second_company
        cls.customer = cls._create_contact("Customer")
        cls.users = cls._create_roles()
        cls.project = cls.env["project.project"].create(
            {
                "name": "Managed",
                "user_id": cls.users["manager"].id,
                "company_id": cls.company.id,
                "partner_id": cls.customer.id,
                "privacy_visibility": "portal",
                "allow_timesheets": True,
            }
        )
        cls.project.message_subscribe(cls.customer.ids)
        cls.calls = cls._create_cast()
        cls.records = cls._create_records()
        cls.env.flush_all()
        cls.may = {
            role: {name: get_operations(cell) for name, cell in row.items()}
            for role, row in read_table(CALL_RIGHTS).items()
            if role in cls.users
        }
        # Read once: tests that try very much read them again and again, with an empty cache.
        cls.company_ids = {role: user.company_ids.ids for role, user in cls.users.items()}

    # === USERS === #

    @classmethod
    def _create_roles(cls):
        users = {
            "own": cls.alice,
            "department": cls.lead,
            "all": cls.boss,
            "admin": cls.admin,
            "public": cls.env.ref("base.public_user"),
        }
        for name, role in ROLES.items():
            groups = [cls.env.ref(group, raise_if_not_found=False) for group in role.groups]
            if name in users or not all(groups):
                continue
            companies = {
                "second": cls.second_company,
                "both": cls.company + cls.second_company,
            }.get(name, cls.company)
            contact = {"partner_id": cls.customer.id} if name == "portal" else {}
            users[name] = new_test_user(
                cls.env,
                login=f"role_{name}",
                groups=",".join(role.groups),
                company_id=companies[:1].id,
                company_ids=[Command.set(companies.ids)],
                tz="Europe/Berlin",
                **contact,
            )
        # the right to export is no right of the app: everybody has it here
        cls.env.ref("base.group_allow_export").user_ids += cls.env["res.users"].union(
            *(user for name, user in users.items() if name not in ("portal", "public"))
        )
        return {name: users[name] for name in ROLES if name in users}

    def _env_of(self, role):
        """Return an environment as that of a request of the role."""
        return self.env(
            user=self.users[role],
            su=False,
            context={"allowed_company_ids": self.company_ids[role], "lang": False},
        )

    def _get_hidden(self, role):
        """Return the calls of the cast that a role may not read, by name."""
        return {n: call for n, call in self.calls.items() if "read" not in self.may[role][n]}

    def _get_tried(self, role):
        """Return some hidden calls of each kind, with which ways are tried."""
        hidden = self._get_hidden(role)
        return {name: hidden[name] for name in TRIED if name in hidden}

    # === CALLS === #

    @classmethod
    def _create_cast(cls):
        cls.line = cls.env["call.line"].create(
            {"name": "L", "number": "+493023125620", "user_ids": [Command.set(cls.alice.ids)]}
        )
        cls.second_pbx = cls._create_pbx(
            "generic", token="second-address", company_id=cls.second_company.id
        )
        cls._give_extension(cls.second_pbx, cls.users["second"], "201")
        cls.env["call.block"].create({"number": get_number("unwanted")})
        calls = {
            "own": cls._log_cast("own", "101"),
            "mate": cls._log_cast("mate", "102"),
            "other": cls._log_cast("other", "104"),
            "line": cls._log_cast("line", "199", answered=False, line="+493023125620"),
            "missed": cls._log_cast("missed", "199", answered=False),
            "private": cls._log_cast("private", "101"),
            "theirs": cls._log_cast("theirs", "102"),
            "managed": cls._log_cast("managed", "104"),
            "abroad": cls._log_abroad(),
            "unwanted": cls._log_cast("unwanted", "102"),
            "byhand": cls._log_by_hand(),
            "given": cls._log_cast("given", "102"),
        }
        for name, call in calls.items():
            cls._decorate(name, call)
        calls["managed"].project_id = cls.project
        calls["given"].with_user(cls.bob).user_id = cls.alice
        cls.env["call.proposal"].with_user(cls.dave)._propose("unwanted", calls["managed"])
        (calls["private"] + calls["theirs"]).is_private = True
        return calls

    @classmethod
    def _log_cast(cls, name, extension, **values):
        values = {"from_name": get_word(name), "queue": get_word(name)} | values
        return cls._log_call(name, get_number(name), extension=extension, **values)

    @classmethod
    def _log_abroad(cls):
        event = {"call": "abroad", "leg": "abroad-201", "extension": "201"}
        party = {"from": get_number("abroad"), "from_name": get_word("abroad")}
        cls._send_events(
            event | party | {"event": "ringing", "direction": "incoming"},
            event | {"event": "answered"},
            {"call": "abroad", "event": "ended", "cause": "normal"},
            pbx=cls.second_pbx,
        )
        return cls._call("abroad", pbx=cls.second_pbx)

    @classmethod
    def _log_by_hand(cls):
        values = {"remote_number": get_number("byhand"), "remote_name": get_word("byhand")}
        call = cls.env["call.call"].with_user(cls.dave).create(values)
        return call.with_user(cls.env.user)

    @classmethod
    def _decorate(cls, name, call):
        """Put the word of a call wherever people write about it."""
        word = get_word(name)
        call.summary = word
        cls.env["call.note"].create({"call_id": call.id, "body": f"<p>{word}</p>"})
        call.note_ids.user_id = call.user_id or cls.alice
        call.message_post(body=word, subtype_xmlid="mail.mt_note")
        call.activity_schedule("mail.mail_activity_data_todo", summary=word, user_id=cls.dave.id)
        cls.env["ir.attachment"].create(
            {"name": f"{word}.txt", "raw": word.encode(), "res_model": "call.call"}
            | {"res_id": call.id}
        )

    # === RECORDS OF EVERY MODEL === #

    @classmethod
    def _create_records(cls):
        """Return a record of each model, as `roles_table.MODEL_RIGHTS` says."""
        env, call, peer = cls.env, cls.calls["own"], cls.pbx.peer_ids[:1]
        phone = cls.pbx.extension_ids.filtered(lambda phone: phone.user_id == cls.alice)
        dial = {"user_id": cls.alice.id, "pbx_id": cls.pbx.id, "extension": "101"}
        missed = cls._log_call("waiting", "+12025550140", answered=False)
        leaving = {"name": "L", "extension_id": phone.id, "new_user_id": cls.bob.id}
        handover = env["call.handover"].create({"line_ids": [Command.create(leaving)]})
        of_pbx = {"pbx_id": cls.pbx.id, "date": "2026-11-23 10:00:00"}
        of_day = {"company_id": cls.company.id, "date": "2026-11-23"}
        days = {"date_from": "2026-11-23", "date_to": "2026-11-23"}
        recording = env["call.recording"].create(cls._prepare_recording("own", call))
        transcript = env["call.transcript"].create(cls._prepare_transcript("own", recording))
        outline = env["call.outline"].create(cls._prepare_outline("own", call))
        return {
            "call.report.day": env["call.report.day"].create(of_day),
            "call.report.hour": env["call.report.hour"].create(of_day),
            "call.part.report.day": env["call.part.report.day"].create(of_day),
            "call.report.live": env["call.report.live"].create(
                {"company_id": cls.company.id} | days
            ),
            "call.alert": env["call.alert"].create({"pbx_id": cls.pbx.id, "kind": "silent"}),
            "call.delivery": env["call.delivery"].create(of_pbx | {"status": 200}),
            "call.pbx.hour": env["call.pbx.hour"].create(of_pbx),
            "call.import": env["call.import"].create({"pbx_id": cls.pbx.id, "is_table": True}),
            "call.import.row": env["call.import.row"].create(
                {"pbx_id": cls.pbx.id, "start": "2026-11-23 10:00", "talk": "5", "direction": "in"}
            ),
            "call.recording.removal": env["call.recording.removal"].create(
                {"pbx_id": cls.pbx.id, "ref": "r"}
            ),
            "call.audit": env["call.audit"].search(
                [("res_model", "=", "call.pbx"), ("res_id", "=", cls.pbx.id)], limit=1
            ),
            "call.call": call,
            "call.leg": call.leg_ids,
            "call.note": call.note_ids,
            "call.event": call.event_ids,
            "call.reference": call.reference_ids,
            "call.callback": missed.callback_id,
            "call.report": env["call.report"].browse(call.id),
            "call.part.report": env["call.part.report"].browse(call.leg_ids.ids),
            "call.callback.report": env["call.callback.report"].browse(missed.callback_id.id),
            "call.callback.close": env["call.callback.close"].create({"reason": "R"}),
            "call.contact.erase": env["call.contact.erase"].create({"partner_id": cls.customer.id}),
            "call.command": env["call.command"].create(
                {"user_id": cls.alice.id, "pbx_id": cls.pbx.id, "action": "dial"}
            ),
            "call.control": env["call.control"].create(
                {
                    "user_id": cls.alice.id,
                    "call_id": missed.id,
                    "leg_id": missed.leg_ids[:1].id,
                    "action": "hang_up",
                }
            ),
            "call.work": env["call.work"].create(
                {"kind": "delete", "user_id": cls.alice.id, "call_ids": call.ids}
            ),
            "call.phone.state": env["call.phone.state"].create(
                {"extension_id": cls.pbx.extension_ids[:1].id, "state": "free"}
            ),
            "call.dial": env["call.dial"].create(dial | {"number": "+12025550141"}),
            "call.directory": env["call.directory"].create({"name": "D", "pbx_id": cls.pbx.id}),
            "call.private.number": env["call.private.number"]
            .with_user(cls.alice)
            .create({"number": "+12025550142"}),
            "call.private.count": env["call.private.count"].create(
                {"company_id": cls.company.id, "date": "2026-11-23"}
            ),
            "call.recording": recording,
            "call.outline": outline,
            "call.outline.point": outline.point_ids,
            "call.transcript": transcript,
            "call.transcript.line": transcript.line_ids,
            "call.recording.rule": env["call.recording.rule"].create(
                {"mode": "all", "company_id": cls.company.id}
            ),
            "call.retention.preview": env["call.retention.preview"].create({}),
            "call.delete.confirm": env["call.delete.confirm"].create(
                {"call_ids": [Command.set(call.ids)]}
            ),
            "call.private.confirm": env["call.private.confirm"].create(
                {"call_ids": [Command.set(call.ids)]}
            ),
            "call.number": env["call.number"].create(
                {"partner_id": cls.customer.id, "number": "+12025550143"}
            ),
            "call.proposal": env["call.proposal"]
            .with_user(cls.alice)
            ._propose("remember", call, cls.customer),
            "call.block": env["call.block"].create({"number": "+12025550144"}),
            "call.unwanted": env["call.unwanted"].create({"call_id": call.id}),
            "call.category": env.ref("call_handling.call_category_support"),
            "call.rule": env["call.rule"].create({"name": "R"}),
            "call.line": cls.line,
            "call.pbx": cls.pbx,
            "call.extension": phone,
            "call.handover": handover,
            "call.handover.line": handover.line_ids,
            "call.peer": peer,
            "call.peer.decision": peer.decision_ids,
            "call.peer.phone": env["call.peer.phone"].create({"peer_id": peer.id}),
            "call.pbx.simulate": env["call.pbx.simulate"].create({"pbx_id": cls.pbx.id}),
            "call.pbx.test.dial": env["call.pbx.test.dial"].create(
                {"pbx_id": cls.pbx.id, "extension_id": phone.id, "number": "+12025550145"}
            ),
        }

    @classmethod
    def _prepare_recording(cls, name, call):
        """Return the values of a recording of a call of the cast."""
        values = {"ref": get_word(name), "call_ref": name, "reason": get_word(name)}
        return values | {"call_id": call.id, "pbx_id": (call.pbx_id or cls.pbx).id, "state": "here"}

    @classmethod
    def _prepare_outline(cls, name, call):
        """Return the values of an outline of a call, with one point."""
        point = {"kind": "action", "text": get_word(name), "who": get_word(name)}
        return {
            "call_id": call.id,
            "state": "here",
            "reason": get_word(name),
            "point_ids": [Command.create(point)],
        }

    @classmethod
    def _prepare_transcript(cls, name, recording):
        """Return the values of a transcript of a recording, with one line."""
        line = {"text": get_word(name), "corrected_text": get_word(name)}
        return {
            "recording_id": recording.id,
            "state": "here",
            "reason": get_word(name),
            "line_ids": [Command.create(line)],
        }

    def _get_record(self, model, role):
        """Return the record of a model, as the role. Dialogs belong to who has opened them."""
        record = self.records[model]
        if record._transient:
            record.sudo().create_uid = self.users[role]
        return self._env_of(role)[model].browse(record.ids)


def quiet():
    """Silence what Odoo logs when it refuses a request."""
    return mute_logger(
        "odoo.addons.base.models.ir_rule",
        "odoo.addons.base.models.ir_model",
        "odoo.addons.web.controllers.export",
        "odoo.http",
        "odoo.models",
        "odoo.sql_db",
        "odoo.tools.mail.html_sanitize",
        "py.warnings",  # what is deprecated is a way, too
    )
