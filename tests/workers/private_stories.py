"""What can happen with a call that becomes private, through the ways of users and telephone
systems: their requests to the server."""

import base64
import html
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import NamedTuple
from urllib.parse import urlencode

from .traces_left import get_letters, get_number

STORIES = {}  # by name


class Story(NamedTuple):
    """What happens with a call.

    :param play: a function of a :class:`Situation`, until the call becomes private
    :param is_automatic: it becomes private in the story, without anybody's asking for it
    :param before: a function of what has happened before the call
    :param after: a function of what happens once the call is private
    :param allowed: tables of documents that remain as they are: they are final, or were created
        deliberately
    :param is_known: whether the caller is a contact; by default it is one in every second office
    """

    play: object
    is_automatic: bool = False
    before: object = None
    after: object = None
    allowed: tuple = ()
    is_known: bool | None = None


def story(**options):
    """Add a function to :data:`STORIES`, under its name."""

    def add(function):
        STORIES[function.__name__] = Story(function, **options)
        return function

    return add


@dataclass
class Office:
    """A company with a telephone system, and people whose clients are logged in.

    :param str mode: what remains of private calls
    """

    mode: str
    company: int
    pbx: object
    alice: object
    bob: object
    boss: object
    project: int
    rows: object  # returns the rows of a statement


@dataclass
class Situation:
    """One story in one office, with a number and names of its own."""

    office: Office
    story: Story
    index: int
    is_known: bool
    partner: int | None = None
    sent: list = field(default_factory=list)
    made: dict = field(default_factory=dict)

    def __post_init__(self):
        letters = get_letters(self.index)
        self.number = get_number(self.index)
        self.name = f"Zoë O'Quax{letters} & Søn"
        self.text = f'Ärger mit wumbr{letters}, "blue" & green'
        self.ref = f"c{self.index:03}"
        self.start = datetime.now(timezone.utc) - timedelta(minutes=5)
        self.alice, self.bob, self.boss = self.office.alice, self.office.bob, self.office.boss

    def __str__(self):
        known = "known" if self.is_known else "unknown"
        return f"{self.index} {self.story.play.__name__} ({self.office.mode}, {known})"

    # --- the telephone system ----------------------------------------------------------------

    def event(self, kind, seconds, ref=None, phone="101", **values):
        ref = ref or self.ref
        at = (self.start + timedelta(seconds=seconds)).isoformat()
        about = {"call": ref, "event": kind, "at": at, "id": f"{kind}{seconds}{phone}"}
        if phone:
            about |= {"leg": f"{ref}-{phone}", "extension": phone}
        return about | values

    def send(self, *events):
        self.sent += events
        self.office.pbx.send(list(events))

    def ring(self, ref=None, phone="101", **values):
        caller = {"direction": "incoming", "from": self.number, "from_name": self.name}
        caller |= {"to": "+493023125610"}
        self.send(self.event("ringing", 0, ref, phone, **(caller | values)))

    def answer(self, ref=None, phone="101"):
        self.send(self.event("answered", 3, ref, phone))

    def end(self, ref=None, **values):
        caller = {"from": self.number, "from_name": self.name}
        self.send(self.event("ended", 90, ref, None, **(caller | values)))

    def talk(self, ref=None, phone="101", **values):
        """A running call of Alice."""
        self.ring(ref, phone, **values)
        self.answer(ref, phone)

    def send_late(self):
        """Everything is sent again, and something new, also what nobody understands."""
        self.office.pbx.send(self.sent)
        self.office.pbx.send(
            [{k: v for k, v in event.items() if k != "id"} for event in self.sent]
            + [self.event("held", 95, **{"from": self.number, "from_name": self.name})]
            + [self.event("ended", 99, phone=None, **{"from": self.number})]
        )
        bodies = self.get_unreadable()
        # each in another format: the same is done with all calls
        self.send_unreadable(bodies[self.index % len(bodies)])

    def send_unreadable(self, *bodies):
        """Send messages about the call that cannot be understood."""
        for body in bodies:
            answer = self.office.pbx.post(body.encode())
            assert answer.status_code == 400 or answer.json()["failed"] == 1, answer.text

    def get_unreadable(self):
        """Return such messages in every format."""
        party = {"from": self.number, "from_name": self.name}
        about = json.dumps({"call": self.ref} | party)
        national = f"0{self.number[3:5]} {self.number[5:9]}-{self.number[9:]}"
        return [
            json.dumps({"call": self.ref, "event": f"new {self.name}"} | party),
            json.dumps({"event": "new", "data": {"calls": [{"id": self.ref}]}} | party),
            json.dumps({"event": "new", "id": f"host7/{self.ref}/9"} | party),
            json.dumps({"event": "new", "id": f"HOST7_{self.ref.upper()}"} | party),
            json.dumps({"event": "new", "payload": about}),
            json.dumps({"event": "new", "payload": base64.b64encode(about.encode()).decode()}),
            json.dumps({"event": "new", "caller": national}),
            json.dumps({"event": "new", "caller": self.name.upper()}),
            f"call={self.ref}&from={self.number}&name={self.name}",
            f"GET /calls/{self.ref}?from={self.number[1:]}",
            f"GET /calls?{urlencode({'name': self.name})}",
            f"<call id='{self.ref}'><name>{html.escape(self.name)}</name></call>",
        ]

    # --- people ------------------------------------------------------------------------------

    def call_id(self, ref=None):
        sql = "SELECT call_id FROM call_reference WHERE pbx_id = %s AND ref = %s"
        rows = self.office.rows(sql, [self.office.pbx.id, ref or self.ref])
        return rows[0]["call_id"] if rows else None

    def do(self, method, *args, person=None, **kwargs):
        """Call a method of the call, by default as Alice."""
        person = person or self.alice
        return person.call("call.call", method, [self.call_id()], *args, **kwargs)

    def follow_up(self, kind, link):
        """Alice creates something from the call; return its id."""
        self.fill_in()
        self.do(f"action_create_{kind}")
        return self.linked(link)

    def linked(self, link):
        (row,) = self.office.rows(f"SELECT {link} FROM call_call WHERE id = %s", [self.call_id()])
        assert row[link], link
        return row[link]

    def fill_in(self):
        values = {"summary": f"{self.text}\nsays {self.name}", "project_id": self.office.project}
        self.do("write", values)
        self.alice.create(
            "call.note", call_id=self.call_id(), body=f"<p>{self.text} {self.number}</p>"
        )

    def file(self):
        content = f"{self.name} {self.number} {self.text}".encode()
        return {"name": f"{self.name}.txt", "datas": base64.b64encode(content).decode()}

    def message(self, person, model, record, **values):
        body = f"{self.name}: {self.text}, {self.number}"
        return person.call(model, "message_post", [record], body=body, **values)

    def touch(self, model, record):
        """Bob works on what was created from the call."""
        self.bob.call(model, "message_post", [record], body="I have a spare one.",
                      message_type="comment", subtype_xmlid="mail.mt_comment")  # fmt: skip

    def press(self, ref=None):
        """Alice presses *Private*, and confirms it."""
        self.confirm("action_make_private", ref)

    def confirm(self, method, ref=None):
        dialog = self.alice.call("call.call", method, [self.call_id(ref)])
        self.alice.call(dialog["res_model"], "web_read", [dialog["res_id"]],
                        {"deleted": {}, "remains": {}, "prevents": {}})  # fmt: skip
        self.alice.call(dialog["res_model"], "action_confirm", [dialog["res_id"]])

    def add_contact(self, name=None, number=None):
        values = {"name": name or self.name, "phone": number or self.number}
        return self.boss.create("res.partner", company_id=self.office.company, **values)


# --- what people write about a call ------------------------------------------------------


@story()
def nothing(s):
    s.talk()


@story()
def notes(s):
    s.talk()
    s.fill_in()
    s.alice.call("call.call", "get_cards")
    s.end()


@story()
def card(s):
    s.talk()
    s.do("save_card", {"summary": s.text})
    s.do("save_card", {"note": f"{s.name}, {s.number}"})
    s.do("save_card", {"note": f"{s.name}, {s.number}, {s.text}", "base": f"{s.name}, {s.number}"})


@story()
def ringing_at_two_phones(s):
    s.ring()
    s.ring(phone="102")
    s.bob.call("call.call", "get_cards")
    s.answer()
    s.fill_in()


@story()
def file(s):
    s.talk()
    s.alice.create("ir.attachment", res_model="call.call", res_id=s.call_id(), **s.file())
    s.end()


@story()
def message(s):
    s.talk()
    file = s.alice.create("ir.attachment", res_model="call.call", res_id=s.call_id(), **s.file())
    s.message(s.alice, "call.call", s.call_id(), attachment_ids=[file],
              partner_ids=[s.made["bob"]], subtype_xmlid="mail.mt_comment")  # fmt: skip


@story()
def mail_in_the_queue(s):
    s.talk()
    partner = s.alice.create("res.partner", name="By Mail", email="mail@example.com")
    queued = {"mail_notify_force_send": False}
    s.message(s.alice, "call.call", s.call_id(), partner_ids=[partner],
              subtype_xmlid="mail.mt_comment", context=queued)  # fmt: skip


@story()
def edited_message(s):
    s.talk()
    (message,) = s.message(s.alice, "call.call", s.call_id(), subtype_xmlid="mail.mt_note")
    s.alice.call("mail.message", "write", [message], {"body": f"<p>{s.text}</p>"})


@story()
def scheduled_message(s):
    s.talk()
    tomorrow = (s.start + timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
    s.alice.create("mail.scheduled.message", model="call.call", res_id=s.call_id(),
                   subject=s.name, body=f"<p>{s.text}</p>", scheduled_date=tomorrow,
                   author_id=s.made["alice"])  # fmt: skip


@story()
def drafts(s):
    s.talk()
    s.alice.create("mail.compose.message", model="call.call", res_ids=str([s.call_id()]),
                   subject=s.name, body=f"<p>{s.text}</p>")  # fmt: skip
    s.alice.create("mail.followers.edit", res_model="call.call", res_ids=str([s.call_id()]),
                   message=f"<p>{s.text} {s.number}</p>", partner_ids=[s.made["bob"]])  # fmt: skip
    s.alice.call("mail.activity.schedule", "create", {"note": f"<p>{s.text}</p>"},
                 context={"active_model": "call.call", "active_ids": [s.call_id()]})  # fmt: skip


def _add_activity(s, **values):
    model = s.made["call_model"]
    return s.alice.create("mail.activity", res_model_id=model, res_id=s.call_id(),
                          summary=s.name, note=f"<p>{s.text} {s.number}</p>", **values)  # fmt: skip


@story()
def reminder(s):
    s.talk()
    _add_activity(s, user_id=s.alice.uid)


@story()
def reminder_of_somebody_else(s):
    s.talk()
    activity = _add_activity(s, user_id=s.bob.uid)
    s.bob.call("mail.activity", "write", [activity], {"note": f"<p>{s.name}?</p>"})


@story()
def done_reminder(s):
    s.talk()
    activity = _add_activity(s, user_id=s.alice.uid)
    s.alice.call("mail.activity", "action_feedback", [activity], feedback=f"Reached {s.name}")


@story()
def appointment(s):
    s.talk()
    start = s.start.strftime("%Y-%m-%d %H:%M:%S")
    s.alice.create("calendar.event", name=f"{s.name}, {s.text}", start=start, stop=start,
                   res_model_id=s.made["call_model"], res_id=s.call_id())  # fmt: skip


# --- what is created from a call ---------------------------------------------------------


@story()
def task(s):
    s.talk()
    s.follow_up("task", "task_id")
    s.end()


@story()
def task_of_others(s):
    s.talk()
    s.touch("project.task", s.follow_up("task", "task_id"))


@story()
def task_with_versions(s):
    """Alice writes into the task, which keeps the versions of its description."""
    s.talk()
    task = s.follow_up("task", "task_id")
    for text in (s.text, f"{s.name} {s.number}"):
        (values,) = s.alice.call("project.task", "read", [task], ["description"])
        description = (values["description"] or "").replace("</div>", f"</div><p>{text}</p>")
        s.alice.call("project.task", "write", [task], {"description": description})
    s.alice.call("project.task", "write", [task], {"name": s.text})


@story()
def attached_task(s):
    s.talk()
    s.fill_in()
    s.do("write", {"task_id": s.made["task"]})


@story()
def meeting(s):
    s.talk()
    _create_meeting(s)


@story()
def meeting_of_others(s):
    s.talk()
    s.touch("calendar.event", _create_meeting(s))


def _create_meeting(s):
    s.fill_in()
    action = s.do("action_create_meeting")
    context = action["context"]
    names = ("name", "start", "stop", "partner_ids", "description")
    values = s.alice.call("calendar.event", "default_get", list(names), context=context)
    return s.alice.call("calendar.event", "create", values, context=context)


@story()
def lead(s):
    s.talk()
    s.follow_up("lead", "lead_id")


@story()
def lead_of_others(s):
    s.talk()
    lead = s.follow_up("lead", "lead_id")
    s.end()
    s.touch("crm.lead", lead)


@story(is_known=True)
def quotation(s):
    s.talk()
    s.follow_up("quotation", "order_id")


@story(is_known=True, allowed=("sale_order", "mail_message"))
def confirmed_quotation(s):
    s.talk()
    order = s.follow_up("quotation", "order_id")
    s.alice.call("sale.order", "action_confirm", [order])


@story()
def ticket(s):
    s.talk()
    s.follow_up("ticket", "ticket_id")


@story()
def ticket_of_others(s):
    s.talk()
    s.touch("helpdesk.ticket", s.follow_up("ticket", "ticket_id"))


@story()
def timesheet(s):
    s.talk()
    s.fill_in()
    s.end()
    s.do("action_log_time")
    s.made["line"] = s.office.rows(
        "SELECT id FROM account_analytic_line WHERE call_id = %s", [s.call_id()]
    )[0]["id"]


@story()
def timesheet_of_others(s):
    timesheet(s)
    s.boss.call("account.analytic.line", "write", [s.made["line"]], {"unit_amount": 2})


# --- callbacks ---------------------------------------------------------------------------


@story()
def missed(s):
    s.ring()
    s.end(cause="no_answer")


@story()
def closed_callback(s):
    missed(s)
    (row,) = s.office.rows("SELECT callback_id FROM call_call WHERE id = %s", [s.call_id()])
    action = s.alice.call("call.callback", "action_close", [row["callback_id"]])
    dialog = s.alice.call(action["res_model"], "create", {"reason": f"{s.name} wrote"},
                          context=action["context"])  # fmt: skip
    s.alice.call(action["res_model"], "action_close", [dialog])


def _missed_before(s):
    s.ring("before" + s.ref)
    s.send(s.event("ended", 20, "before" + s.ref, None, cause="no_answer"))
    s.sent.clear()


@story(before=_missed_before)
def called_back(s):
    s.talk(**{"direction": "outgoing", "from": "101", "to": s.number})
    s.fill_in()
    s.end(**{"from": "101", "to": s.number})


# --- what holds for later calls ----------------------------------------------------------


@story()
def remembered_number(s):
    s.talk()
    s.do("action_choose_partner", s.made["other"], remember=True)


@story()
def added_number(s):
    s.talk()
    s.do("action_add_number", s.made["other"])


@story()
def unwanted_number(s):
    s.talk()
    _mark_unwanted(s, s.boss)


@story()
def proposed_number(s):
    s.talk()
    _mark_unwanted(s, s.alice)


def _mark_unwanted(s, person):
    action = s.do("action_block_number", person=person)
    dialog = person.call(action["res_model"], "create", {}, context=action["context"])
    person.call(action["res_model"], "action_confirm", [dialog])


# --- contacts ----------------------------------------------------------------------------


@story(allowed=("res_partner", "mail_message"), is_known=False)
def new_contact(s):
    """Created deliberately, so it remains; but not what leads from it to the call."""
    s.talk()
    action = s.do("action_create_contact")
    context = action["context"]
    partner = s.alice.call("res.partner", "create", {"name": s.name, "phone": s.number},
                           context=context)  # fmt: skip
    s.do("write", {"partner_id": partner})
    s.fill_in()


@story()
def changed_contact(s):
    s.talk()
    for partner in (s.made["other"], s.partner or False, s.made["other"]):
        s.do("write", {"partner_id": partner})


def _merge(s):
    double = s.add_contact(f"{s.name} again")
    model = "base.partner.merge.automatic.wizard"
    values = {"partner_ids": [s.partner, double], "dst_partner_id": s.partner}
    s.boss.call(model, "action_merge", [s.boss.create(model, **values)])


@story(is_known=True, before=_merge)
def merged_contact(s):
    s.talk()
    s.fill_in()


# Odoo notes the names of contacts that are merged: they were there before the call.
@story(is_known=True, after=_merge, allowed=("mail_message",))
def contact_merged_afterwards(s):
    s.talk()
    s.fill_in()


@story(is_known=True)
def archived_contact(s):
    s.talk()
    s.fill_in()
    s.boss.call("res.partner", "write", [s.partner], {"active": False})


# --- what telephone systems do -----------------------------------------------------------


@story()
def reference_with_the_number(s):
    s.ref = f"in-{s.number}-1"
    s.talk()
    s.fill_in()


@story()
def reference_with_the_name(s):
    s.ref = f"{s.name} 17"
    s.talk()
    s.fill_in()


@story()
def unreadable_before(s):
    s.talk()
    s.send_unreadable(*s.get_unreadable())


@story(after=lambda s: s.send_unreadable(*s.get_unreadable()))
def unreadable_afterwards(s):
    s.talk()


@story()
def recorded(s):
    s.talk()
    s.send(s.event("recording", 60))
    s.end()


@story()
def transferred(s):
    """Bob has answered, and transfers the caller to Alice in a call of his own."""
    s.talk(phone="102")
    s.send(
        s.event("ringing", 20, f"{s.ref}b", direction="internal", **{"from": "102", "to": "101"})
    )
    s.send(s.event("answered", 25, f"{s.ref}b"))
    s.send(s.event("joined", 30, f"{s.ref}b", **{"with": s.ref}))
    s.send(s.event("ended", 31, phone="102"))
    s.send(s.event("ended", 90, phone="101"), s.event("ended", 90, phone=None))
    s.fill_in()


def _join(s):
    s.send(s.event("joined", 40, f"{s.ref}b", **{"with": s.ref}))
    s.end(f"{s.ref}b")


@story(after=_join)
def joined_afterwards(s):
    """Another call, from which something was created, turns out to be part of the private one."""
    s.talk()
    s.talk(f"{s.ref}b")
    ref, s.ref = s.ref, f"{s.ref}b"
    s.follow_up("task", "task_id")
    s.ref = ref


@story(after=lambda s: s.press(f"{s.ref}b"))
def two_calls_of_one_number(s):
    s.talk()
    s.follow_up("task", "task_id")
    s.end()
    s.talk(f"{s.ref}b")
    s.end(f"{s.ref}b")


@story()
def repeated(s):
    s.talk()
    s.end()
    s.send(*s.sent)
    s.fill_in()


# --- calls that were logged by hand, corrections -----------------------------------------


@story()
def logged_by_hand(s):
    values = {"direction": "incoming", "remote_number": s.number, "remote_name": s.name}
    call = s.alice.create("call.call", summary=s.text, **values)
    s.call_id = lambda ref=None: call
    s.fill_in()


@story()
def corrected(s):
    s.talk()
    s.end()
    s.do("write", {"remote_number": "+12025550143", "talk_seconds": 61})
    s.do("write", {"remote_number": s.number})


@story()
def corrected_to_another_number(s):
    s.talk()
    s.end()
    s.do("write", {"remote_number": "+12025550144"})


# --- twice, and deleted ------------------------------------------------------------------


def _press_again(s):
    if call := s.call_id():
        (read,) = s.alice.call("call.call", "read", [call], ["can_make_private"])
        assert not read["can_make_private"]


@story(after=_press_again)
def made_private_twice(s):
    s.talk()
    s.fill_in()


def _delete(s):
    if s.call_id():
        s.confirm("action_forget_private")
        assert not s.call_id()


@story(after=_delete)
def deleted_afterwards(s):
    s.talk()
    s.fill_in()


# --- automatically -----------------------------------------------------------------------


def _add_to_list(s):
    s.alice.create("call.private.number", number=s.number)


@story(is_automatic=True, before=_add_to_list)
def own_list(s):
    s.talk()


def _mark_contact(s):
    s.boss.call("res.partner", "write", [s.partner], {"calls_are_private": True})


@story(is_automatic=True, before=_mark_contact, is_known=True)
def marked_contact(s):
    s.talk()


@story(is_automatic=True)
def prefix(s):
    s.talk(**{"direction": "outgoing", "from": "101", "to": f"*7{s.number}"})


def _add_rule(s):
    s.boss.create("call.rule", name="Private", is_private=True, company_id=s.office.company,
                  domain=json.dumps([["line_number", "=", s.made["line_number"]]]))  # fmt: skip


@story(is_automatic=True, before=_add_rule)
def rule(s):
    s.talk(line=s.made["line_number"], to=s.made["line_number"])
