"""What can happen with a call that becomes private, through the ways of users and telephone
systems: their requests to the server."""

import base64
import contextlib
import html
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import NamedTuple
from urllib.parse import urlencode

from .traces_left import get_letters, get_number

STORIES = {}  # by name

# Texts that the database refuses: on calls, or on what is created from them
NO_CALL, NO_COPY = "not on calls", "only on calls"
REFUSED_BY = "refused_by_the_test"  # name of the constraints


class Story(NamedTuple):
    """What happens with a call.

    :param play: a function of a :class:`Situation`, until the call becomes private
    :param is_automatic: it becomes private in the story, without anybody's asking for it
    :param before: a function of what has happened before the call
    :param after: a function of what happens once the call is private
    :param allowed: ``table.column`` of documents that remain as they are: they are final, or were
        created deliberately
    :param is_known: whether the caller is a contact, if the story can only happen like that; by
        default it happens with both
    """

    play: object
    is_automatic: bool = False
    before: object = None
    after: object = None
    allowed: tuple = ()
    is_known: bool | None = None

    def get_callers(self):
        """Return whether the caller is a contact, for each kind of caller."""
        return (True, False) if self.is_known is None else (self.is_known,)


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
    order: int  # of hours, on which the time of calls is billed
    billed: int  # the project of that order
    rows: object  # returns the rows of a statement
    run_jobs: object  # has the scheduled actions for calls and transcripts run


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
        self.project = self.office.project
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
        values = {"summary": f"{self.text}\nsays {self.name}", "project_id": self.project}
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

    def work(self, ref=None):
        """Everything that people do with a running call without deciding anything about it, and
        Bob works on some of what was created from it."""
        with self.of(ref):
            self.do("write", {"summary": f"{self.text}\nsays {self.name}"})
            self.do("save_card", {"note": f"{self.name}, {self.number}"})
            self.alice.create(
                "ir.attachment", res_model="call.call", res_id=self.call_id(), **self.file()
            )
            self.message(self.alice, "call.call", self.call_id(), partner_ids=[self.made["bob"]],
                         subtype_xmlid="mail.mt_comment")  # fmt: skip
            _add_activity(self, user_id=self.bob.uid)
            for kind in ("lead", "ticket") + ("quotation",) * bool(self.linked_partner()):
                self.do(f"action_create_{kind}")
            self.touch("helpdesk.ticket", self.linked("ticket_id"))
            _save_meeting(self)

    def linked_partner(self):
        sql = "SELECT partner_id FROM call_call WHERE id = %s"
        return self.office.rows(sql, [self.call_id()])[0]["partner_id"]

    @contextlib.contextmanager
    def of(self, ref):
        """Until the ``with`` block ends, do everything with another call of the same number."""
        own, self.ref = self.ref, ref or self.ref
        yield
        self.ref = own

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


# --- files -------------------------------------------------------------------------------


def _upload(s, **values):
    """Alice puts a recording into the chatter, as her browser does."""
    name = f"{s.name} {s.number}.wav"
    content = b"RIFF\0\0\0\0WAVEfmt " + f"{s.name}, {s.text}".encode()
    values |= {"thread_model": "call.call", "thread_id": s.call_id()}
    answer = s.alice.upload("/mail/attachment/upload", name, content, **values)
    return answer["data"]["attachment_id"]


@story()
def recording(s):
    s.talk()
    file = _upload(s)
    s.alice.download(file, f"{s.name} {s.number}.wav")
    s.end()


@story()
def recording_in_a_message(s):
    s.talk()
    file = _upload(s, is_pending="true")
    s.message(s.bob, "call.call", s.call_id(), subtype_xmlid="mail.mt_note")
    s.message(s.alice, "call.call", s.call_id(), attachment_ids=[file],
              subtype_xmlid="mail.mt_note")  # fmt: skip


@story()
def file_of_a_message_that_is_not_sent(s):
    s.talk()
    _upload(s, is_pending="true")


@story()
def imported(s):
    """Alice imports calls that she has noted somewhere else, among them this one."""
    s.talk()
    header = ["direction", "remote_number", "remote_name", "summary"]
    rows = [header, ["outgoing", "+12025550145", "Somebody", ""]]
    rows.append(["incoming", s.number, s.name.replace('"', ""), "again"])
    content = "\n".join(",".join(f'"{value}"' for value in row) for row in rows)
    file = s.alice.create("base_import.import", res_model="call.call")
    s.alice.upload("/base_import/set_file", f"{s.name}.csv", content.encode(), id=file)
    options = {"has_headers": True, "quoting": '"', "separator": ",", "encoding": "utf-8",
               "date_format": "", "datetime_format": "", "float_thousand_separator": ",",
               "float_decimal_separator": "."}  # fmt: skip
    done = s.alice.call("base_import.import", "execute_import", [file], header, header, options)
    assert done.get("ids"), done
    s.made["imported"] = done["ids"][-1]
    dialog = s.alice.call("call.call", "action_make_private", [s.made["imported"]])
    s.alice.call(dialog["res_model"], "action_confirm", [dialog["res_id"]])


@story()
def favourite(s):
    """Alice saves her search for the calls of the number."""
    s.talk()
    s.alice.create("ir.filters", name=f"Calls with {s.name}", model_id="call.call",
                   user_ids=[s.alice.uid],
                   domain=repr([["remote_number", "=", s.number]]))  # fmt: skip


# --- what fails, and who looks for the reason ----------------------------------------------


@story()
def refused(s):
    """The database refuses what is written, with the whole row in its error."""
    s.talk()
    s.do("write", {"project_id": s.project})
    file = s.file()
    for method, args in {
        "write": [{"summary": f"{s.name} {s.number} {NO_CALL}"}],
        "save_card": [{"note": f"{s.name} {s.number} {NO_CALL}"}],
        "message_post": [],
    }.items():
        body = {"body": f"{s.name} {s.number} {NO_COPY}"} if method == "message_post" else {}
        s.alice.fail("call.call", method, [s.call_id()], *args, **body)
    file["name"] += NO_COPY
    s.alice.fail("ir.attachment", "create", file | {"res_model": "call.call"})
    s.alice.fail("res.partner", "create", {"name": f"{s.name} {NO_COPY}", "phone": s.number})
    s.do("write", {"summary": f"{NO_COPY}: {s.text}, {s.name}, {s.number}"})
    for kind in ("task", "lead", "ticket"):
        s.alice.fail("call.call", f"action_create_{kind}", [s.call_id()])
    s.end()
    s.alice.fail("call.call", "action_log_time", [s.call_id()])


@story(is_automatic=True)
def profiled(s):
    """Somebody looks for what is slow, also while the call becomes private."""
    s.talk()
    s.alice.call("ir.profile", "set_profiling", profile=True, collectors=["sql", "traces_async"])
    s.fill_in()
    s.alice.call("call.call", "search_read", [["remote_number", "=", s.number]], ["remote_name"])
    assert s.office.rows("SELECT id FROM ir_profile WHERE sql LIKE %s", [f"%{s.number}%"])
    s.press()
    s.alice.call("ir.profile", "set_profiling", profile=False)


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


@story()
def meeting_of_a_series(s):
    s.talk()
    _create_meeting(s, recurrency=True, rrule_type="daily", end_type="count", count=3)


def _create_meeting(s, **further):
    s.fill_in()
    return _save_meeting(s, **further)


def _save_meeting(s, **further):
    action = s.do("action_create_meeting")
    context = action["context"]
    names = ("name", "start", "stop", "partner_ids", "description")
    values = s.alice.call("calendar.event", "default_get", list(names), context=context)
    return s.alice.call("calendar.event", "create", values | further, context=context)


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


def _add_lead(s):
    s.made["lead"] = s.alice.create("crm.lead", name="Earlier", phone=s.number,
                                    company_id=s.office.company)  # fmt: skip


# Leads are found by the numbers of callers who are no contacts.
@story(is_known=False, before=_add_lead)
def chosen_lead(s):
    s.talk()
    s.fill_in()
    s.do("action_choose_lead", s.made["lead"])
    s.end()


@story(before=_add_lead)
def merged_lead(s):
    """Alice merges the lead that was created from the call with an earlier one."""
    s.talk()
    lead = s.follow_up("lead", "lead_id")
    model = "crm.merge.opportunity"
    merge = s.alice.create(model, opportunity_ids=[[6, 0, [s.made["lead"], lead]]])
    s.alice.call(model, "action_merge", [merge])


@story(is_known=False)
def copies(s):
    """Alice copies what was created from the call."""
    _copy_all(s)


# Copies keep the contact that stood there, of which they show name and number.
@story(
    is_known=True,
    allowed=("crm_lead.contact_name", "crm_lead.phone", "crm_lead.phone_sanitized",
             "helpdesk_ticket.partner_name", "project_task.partner_phone"),
)  # fmt: skip
def copies_of_a_contact(s):
    _copy_all(s)


def _copy_all(s):
    s.talk()
    for kind, model in (
        ("task", "project.task"), ("lead", "crm.lead"), ("ticket", "helpdesk.ticket")
    ):  # fmt: skip
        s.alice.call(model, "copy", [s.follow_up(kind, f"{kind}_id")])


@story(is_known=True)
def quotation(s):
    s.talk()
    s.follow_up("quotation", "order_id")


@story(is_known=True)
def quotation_of_others(s):
    s.talk()
    s.touch("sale.order", s.follow_up("quotation", "order_id"))


@story(is_known=True)
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


def _invoice(s, is_posted=False):
    s.project = s.office.billed
    s.talk()
    s.fill_in()
    s.end()
    s.do("action_log_time")
    model, order = "sale.advance.payment.inv", s.office.order
    context = {"active_model": "sale.order", "active_ids": [order]}
    wizard = s.boss.call(model, "create", {"advance_payment_method": "delivered"}, context=context)
    s.boss.call(model, "create_invoices", [wizard], context=context)
    (row,) = s.office.rows(
        "SELECT timesheet_invoice_id FROM account_analytic_line WHERE call_id = %s", [s.call_id()]
    )
    assert row["timesheet_invoice_id"]
    if is_posted:
        s.boss.call("account.move", "action_post", [row["timesheet_invoice_id"]])


@story(allowed=("account_analytic_line.name",))
def timesheet_on_a_draft_invoice(s):
    _invoice(s)


@story(allowed=("account_analytic_line.name",))
def timesheet_on_a_posted_invoice(s):
    _invoice(s, is_posted=True)


# --- records that were there before the call ---------------------------------------------


def _add_tickets(s, count=1):
    values = {"name": "Earlier", "description": "Earlier", "partner_id": s.partner,
              "company_id": s.office.company}  # fmt: skip
    s.made["tickets"] = s.alice.call("helpdesk.ticket", "create", [values] * count)


@story(is_known=True, before=_add_tickets)
def attached_ticket(s):
    """The call is attached to the open ticket of its contact, and to nothing else."""
    s.talk()
    s.fill_in()
    s.office.run_jobs()
    assert s.linked("ticket_id") == s.made["tickets"][0]
    s.end()


@story(is_known=True, before=lambda s: _add_tickets(s, 2))
def chosen_ticket(s):
    s.talk()
    s.fill_in()
    s.office.run_jobs()
    s.do("action_choose_ticket", s.made["tickets"][1])
    s.touch("helpdesk.ticket", s.made["tickets"][1])


def _add_tasks(s):
    values = {"name": "Earlier", "project_id": s.project, "partner_id": s.partner}
    s.made["tasks"] = s.alice.call("project.task", "create", [values] * 2)


@story(is_known=True, before=_add_tasks)
def chosen_task(s):
    s.talk()
    s.fill_in()
    s.office.run_jobs()
    s.do("action_choose_task", s.made["tasks"][0])
    s.end()
    s.do("action_log_time")


def _add_documents(s):
    _add_lead(s)
    customer = {"partner_id": s.made["other"], "company_id": s.office.company}
    s.made["ticket"] = s.alice.create("helpdesk.ticket", name="Earlier", description="Earlier",
                                      **customer)  # fmt: skip
    s.made["order"] = s.alice.create("sale.order", **customer)


@story(before=_add_documents)
def logged_about_documents(s):
    """Alice logs a call by hand, and says what it was about."""
    _log(s, task_id=s.made["task"], lead_id=s.made["lead"], ticket_id=s.made["ticket"],
         order_id=s.made["order"])  # fmt: skip
    s.touch("crm.lead", s.made["lead"])


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


@story(
    is_known=False,
    allowed=("res_partner.name", "res_partner.complete_name", "res_partner.phone",
             "res_partner.phone_sanitized"),
)  # fmt: skip
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
@story(is_known=True, after=_merge, allowed=("mail_message.body",))
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


LOUD = b"\x00\x80" * 8000  # two seconds of G.711 in which somebody speaks


def _send_sound(s, ref):
    """The telephone system announces a recording with the number in its id, and sends it."""
    said = LOUD + f"{s.name}, {s.text}".encode()
    sound = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + bytes.fromhex("07000100401f0000401f000001000800")
    sound += b"data" + len(said).to_bytes(4, "little") + said
    s.send(s.event("recording", 60, recording={"id": f"{ref}-{s.number}.wav"}))
    ref = f"{ref}-{s.number}.wav"
    s.office.pbx.send_sound(sound, id=ref, call=s.ref, size=len(sound))


@story(after=lambda s: _send_sound(s, "late"))
def recorded_with_its_sound(s):
    s.talk()
    _send_sound(s, "one")
    s.end()
    s.alice.call("call.call", "get_recordings", [s.call_id()])


@story()
def recorded_and_written_down(s):
    s.talk()
    _send_sound(s, "said")
    s.end()
    sql = "SELECT text FROM call_transcript_line WHERE call_id = %s"
    for _run in range(20):  # while another run writes it at the same time, this one passes it by
        s.office.run_jobs()
        if s.office.rows(sql, [s.call_id()]):
            return
    raise AssertionError("No transcript was written.")


@story()
def outlined(s):
    """A language model has proposed something about the call."""
    s.talk()
    s.end()
    sql = """
        WITH outline AS (
             INSERT INTO call_outline (call_id, state, reason) VALUES (%s, 'here', %s) RETURNING id)
      INSERT INTO call_outline_point (outline_id, kind, text, who, state)
      SELECT id, 'agreed', %s, %s, 'open' FROM outline RETURNING id
    """
    s.office.rows(sql, [s.call_id(), s.text, s.text, s.name])


@story(before=lambda s: _send_sound(s, "early"))
def recorded_before_it_was_known(s):
    s.talk()
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


@story()
def joined_from_two(s):
    """Something was created from each of two calls that turn out to be one."""
    s.talk()
    s.follow_up("task", "task_id")
    s.talk(f"{s.ref}b")
    s.work(f"{s.ref}b")
    s.send(s.event("joined", 40, f"{s.ref}b", **{"with": s.ref}))
    s.end(f"{s.ref}b")
    assert s.call_id() == s.call_id(f"{s.ref}b")
    s.fill_in()


@story(after=_join)
def joined_afterwards(s):
    """Another call, from which something was created, turns out to be part of the private one."""
    s.talk()
    s.talk(f"{s.ref}b")
    with s.of(f"{s.ref}b"):
        s.follow_up("task", "task_id")
    s.work(f"{s.ref}b")


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
    _log(s)
    s.fill_in()


def _log(s, **values):
    values |= {"direction": "incoming", "remote_number": s.number, "remote_name": s.name}
    call = s.alice.create("call.call", summary=s.text, **values)
    s.call_id = lambda ref=None: call


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


# --- automatically, when people have worked on the call already ------------------------------


@story(is_automatic=True, before=_add_to_list)
def own_list_once_answered(s):
    """While it rings, it can become anybody's call."""
    s.ring()
    s.follow_up("task", "task_id")
    s.work()
    s.answer()


@story(is_automatic=True, before=_mark_contact, is_known=True)
def marked_contact_of_a_late_number(s):
    """The telephone system reports the number when the call has ended."""
    s.ring(**{"from": None, "from_name": s.name})
    s.answer()
    s.work()
    s.end()


@story(is_automatic=True)
def late_prefix(s):
    s.talk(**{"direction": "outgoing", "from": "101", "to": None})
    s.follow_up("task", "task_id")
    s.work()
    s.end(**{"from": "101", "to": f"*7{s.number}"})


def _add_late_rule(s):
    domain = [["line_number", "=", s.made["line_number"]], ["state", "=", "ended"]]
    s.boss.create("call.rule", name="Private", is_private=True, company_id=s.office.company,
                  domain=json.dumps(domain))  # fmt: skip


@story(is_automatic=True, before=_add_late_rule)
def rule_at_the_end(s):
    """People have written about it, but set nothing that a rule can look at."""
    s.talk(line=s.made["line_number"], to=s.made["line_number"])
    s.do("save_card", {"summary": s.text, "note": f"{s.name}, {s.number}"})
    s.alice.create("ir.attachment", res_model="call.call", res_id=s.call_id(), **s.file())
    s.message(s.alice, "call.call", s.call_id(), partner_ids=[s.made["bob"]],
              subtype_xmlid="mail.mt_comment")  # fmt: skip
    _add_activity(s, user_id=s.bob.uid)
    s.end()
