"""After calls have become private, the whole database, the files and the log of a server contain
neither number nor name nor text of them."""

import base64
import gzip
import io
import itertools
import json
import os
import quopri
import traceback
import unicodedata
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Lock
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .pbx import Pbx
from .private_stories import NO_CALL, NO_COPY, REFUSED_BY, STORIES, Office, Situation
from .server import Client
from .speech import speech_server
from .traces_left import (
    Dump,
    find_in_files,
    find_in_log,
    find_marks,
    get_letters,
    get_number,
    list_files,
)

MODES = ("keep", "count", "forget")
_STAFF = [
    "base.group_user", "base.group_partner_manager", "call_handling.group_call_handling_own",
    "project.group_project_user", "hr_timesheet.group_hr_timesheet_user",
    "sales_team.group_sale_salesman_all_leads", "helpdesk_mgmt.group_helpdesk_user",
]  # fmt: skip
GROUPS = {
    "alice": _STAFF,
    "bob": [*_STAFF, "call_handling.group_call_handling_department"],
    "boss": [*_STAFF, "call_handling.group_call_handling_admin",
             "hr_timesheet.group_hr_timesheet_approver", "project.group_project_manager",
             "sales_team.group_sale_manager", "account.group_account_invoice"],
}  # fmt: skip
CRONS = ("ir_cron_run_jobs", "ir_cron_retry_events", "ir_cron_close_silent_calls")

# Tables whose rows the database refuses, by a text in them
REFUSING = {
    NO_CALL: ["call_call", "call_note"],
    NO_COPY: ["project_task", "crm_lead", "helpdesk_ticket", "account_analytic_line",
              "mail_message", "ir_attachment", "res_partner"],
}  # fmt: skip


# --- the offices ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def refusing(database):
    """Tables that refuse rows with a text, as PostgreSQL does: its error has the whole row."""
    for text, tables in REFUSING.items():
        for table in tables:
            database.rows(
                f"ALTER TABLE {table} ADD CONSTRAINT {REFUSED_BY}"
                f" CHECK (strpos({table}::text, '{text}') = 0) NOT VALID; SELECT 1"
            )


@pytest.fixture(scope="module")
def run_jobs(database, admin):
    """Returns a function that has the scheduled actions for calls and transcripts run."""
    names = (CRONS[0], "ir_cron_transcribe")
    lock, crons = Lock(), [_get_id(database, f"call_handling.{name}") for name in names]

    def run():
        with lock:  # it cannot run twice at the same time
            for cron in crons:
                admin.call("ir.cron", "method_direct_trigger", [cron])

    return run


@pytest.fixture(scope="module")
def speech_url():
    """The address of a server that hears exactly the names and numbers of its hints."""
    with speech_server(lambda _handler, hints: hints) as url:
        yield url


@pytest.fixture(scope="module")
def offices(server, database, admin, refusing, run_jobs, speech_url):
    """One company for each way of treating private calls."""
    # whoever wants to may find out why something is slow
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    until = tomorrow.strftime("%Y-%m-%d %H:%M:%S")
    admin.call("ir.config_parameter", "set_param", "base.profiling_enabled_until", until)
    values = {"call_hand_over": "all", "call_texts_for_customers": True}
    values["call_transcript_url"] = speech_url
    companies = admin.call(
        "res.company", "create",
        [values | {"name": f"Office {mode}", "call_private_mode": mode} for mode in MODES],
    )  # fmt: skip
    people = _create_people(server, database, admin, dict(zip(MODES, companies, strict=True)))
    offices = []
    for mode, company in zip(MODES, companies, strict=True):
        own = {name: people[name, mode] for name in GROUPS}
        owners = {"101": own["alice"].uid, "102": own["bob"].uid}
        pbx = Pbx(server[0], database, owners, "generic", company)
        sql = "UPDATE call_pbx SET private_prefix = '*7' WHERE id = %s RETURNING id"
        database.rows(sql, [pbx.id])
        pbx.store_recordings()
        projects = _create_projects(admin, own["boss"], company)
        offices.append(
            Office(mode, company, pbx, **own, **projects, rows=database.rows, run_jobs=run_jobs)
        )
    return offices


def _create_people(server, database, admin, companies):
    """Create the people of all companies: Odoo is slow after each change of users.

    :param dict companies: ids by mode
    :return: their clients by name and mode
    """
    people = list(itertools.product(GROUPS, MODES))
    users = admin.call("res.users", "create", [
        {"name": login, "login": login, "password": login, "email": f"{login}@example.com",
         "company_id": companies[mode], "company_ids": [companies[mode]],
         "notification_type": "inbox",
         "group_ids": [[6, 0, [_get_id(database, group) for group in GROUPS[name]]]]}
        for name, mode in people
        for login in [f"{name}-{mode}"]
    ])  # fmt: skip
    departments = dict(zip(MODES, admin.call("hr.department", "create", [
        {"name": f"All {mode}", "company_id": companies[mode]} for mode in MODES
    ]), strict=True))  # fmt: skip
    admin.call("hr.employee", "create", [
        {"name": f"{name}-{mode}", "user_id": user, "company_id": companies[mode],
         "department_id": departments[mode]}
        for (name, mode), user in zip(people, users, strict=True)
    ])  # fmt: skip
    return {(name, mode): Client(*server, f"{name}-{mode}") for name, mode in people}


def _get_id(database, xmlid):
    sql = "SELECT res_id FROM ir_model_data WHERE module = %s AND name = %s"
    return database.rows(sql, xmlid.split("."))[0]["res_id"]


def _create_projects(admin, boss, company):
    """Create the projects of a company, with the order of hours on which one is billed."""
    values = {"privacy_visibility": "employees", "allow_timesheets": True, "company_id": company}
    order, line = _sell_hours(admin, boss, company)
    billed = values | {"allow_billable": True, "sale_line_id": line}
    return {
        "project": boss.create("project.project", name="Help", **values),
        "order": order,
        "billed": boss.create("project.project", name="Billed", **billed),
    }


def _sell_hours(admin, boss, company):
    """Create an order of hours that are billed by timesheets; return its id and its line's."""

    def create(model, **values):
        return admin.call(model, "create", values, context={"allowed_company_ids": [company]})

    account = {"company_ids": [[6, 0, [company]]]}
    income = create("account.account", name="Income", code="1", account_type="income", **account)
    account |= {"account_type": "asset_receivable", "reconcile": True}
    receivable = create("account.account", name="Receivable", code="2", **account)
    create("account.journal", name="Sales", code="S", type="sale", company_id=company,
           default_account_id=income)  # fmt: skip
    product = create(
        "product.product", name="Support", type="service", list_price=90, taxes_id=False,
        invoice_policy="delivery", service_type="timesheet", company_id=company,
    )  # fmt: skip
    customer = create("res.partner", name="Customer", company_id=company,
                      property_account_receivable_id=receivable)  # fmt: skip
    lines = [[0, 0, {"product_id": product, "product_uom_qty": 10}]]
    order = boss.create("sale.order", partner_id=customer, company_id=company, order_line=lines)
    boss.call("sale.order", "action_confirm", [order])
    (values,) = boss.call("sale.order", "read", [order], ["order_line"])
    return order, values["order_line"][0]


@pytest.fixture(scope="module")
def situations(offices, database):
    """Every story in every office with every kind of caller, and what there is before the call."""
    situations = [
        Situation(office, STORIES[name], number, is_known)
        for number, (office, name, is_known) in enumerate(
            (office, name, is_known)
            for office in offices
            for name in STORIES
            for is_known in STORIES[name].get_callers()
        )
    ]
    partners = {
        user["id"]: user["partner_id"]
        for user in database.rows("SELECT id, partner_id FROM res_users")
    }
    model = _get_id(database, "call_handling.model_call_call")
    for office in offices:
        task = office.boss.create("project.task", name="Printer", project_id=office.project)
        own = [situation for situation in situations if situation.office is office]
        others = office.boss.call("res.partner", "create", [{"name": "Somebody Else"} for _ in own])
        for number, (situation, other) in enumerate(zip(own, others, strict=True)):
            situation.made |= {
                "alice": partners[office.alice.uid], "bob": partners[office.bob.uid],
                "call_model": model, "task": task, "line_number": f"+49302312{number + 5000}",
                "other": other,
            }  # fmt: skip
    _run(_prepare, offices, situations)
    return situations


def _prepare(situation):
    if situation.is_known:
        situation.partner = situation.add_contact()
    if situation.story.before:
        situation.story.before(situation)


# --- the search ----------------------------------------------------------------------------


class Search:
    """What has come into the database, the files and the log since it was created."""

    def __init__(self, database):
        self.program = os.environ["CALL_HANDLING_PG_DUMP"]
        self.folder = Path(os.environ["CALL_HANDLING_FILES"])
        self.log = Path(os.environ["CALL_HANDLING_LOG"])
        self.database = database
        self.dump, self.files = self._dump(), list_files(self.folder)
        self.size = self.log.stat().st_size

    def _dump(self):
        return Dump(self.program, self.database.name)

    def find(self):
        log = self.log.read_bytes()[self.size :].decode("utf-8", "replace")
        return (
            self._dump().find_since(self.dump)
            + find_in_files(self.folder, self.files)
            + find_in_log(log)
        )


def _run(function, offices, situations):
    """Call a function with each situation: one office after the other would take longer."""

    def run(office):
        errors = []
        for situation in situations:
            if situation.office is office:
                try:
                    function(situation)
                except Exception:
                    errors.append(f"{situation}: {traceback.format_exc()}")
        return errors

    with ThreadPoolExecutor(len(offices)) as pool:
        if errors := [error for own in pool.map(run, offices) for error in own]:
            raise AssertionError("\n\n".join(errors))


def test_every_story_happens_with_every_caller_in_every_mode(situations):
    """Only a story that cannot happen with one of them is played with the other one alone."""
    played = {(s.story.play.__name__, s.office.mode, s.is_known) for s in situations}
    free = {name for name, story in STORIES.items() if story.is_known is None}
    assert len(STORIES) >= 80
    assert len(free) >= 60
    assert played >= set(itertools.product(free, MODES, (True, False)))
    assert {(name, mode) for name, mode, _ in played} == set(itertools.product(STORIES, MODES))


def _play(situation):
    situation.story.play(situation)


def test_nothing_is_left_of_private_calls(offices, situations, database, admin):
    by_hand = [s for s in situations if not s.story.is_automatic]
    search = Search(database)
    _run(_play, offices, by_hand)
    seen = {place.index for place in search.find()}
    assert seen >= {s.index for s in by_hand}, "The search is blind."
    _run(lambda s: s.press(), offices, by_hand)
    _run(_play, offices, [s for s in situations if s.story.is_automatic])
    _run(lambda s: s.story.after and s.story.after(s), offices, situations)
    _run(lambda s: s.send_late(), offices, [s for s in situations if s.sent])
    for xmlid in [f"call_handling.{name}" for name in CRONS] + ["base.autovacuum_job"]:
        admin.call("ir.cron", "method_direct_trigger", [_get_id(database, xmlid)])
    places = search.find()
    left = [
        f"{situation}: {place.where}: {place.text[:600]}"
        for place in places
        for situation in [situations[place.index]]
        if place.where not in situation.story.allowed
    ]
    assert not left, "\n".join(left)
    # what may remain does, or it need not be allowed
    remains = {(situations[p.index].story, p.where) for p in places}
    allowed = {(story, where) for story in STORIES.values() for where in story.allowed}
    assert remains == allowed


# --- the search finds what is there ----------------------------------------------------------

DISGUISES = {
    "plain": str,
    "JSON": lambda text: json.dumps({"text": text}),
    "JSON in JSON": lambda text: json.dumps({"text": json.dumps({"text": text})}),
    "HTML": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "address": lambda text: f"https://example.com/?q={quote(text, safe='')}",
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 after something": lambda text: f"file/{base64.b64encode(text.encode()).decode()}",
    "file in an e-mail": lambda text: base64.encodebytes(f"{'-' * 60}{text}".encode()).decode(),
    "text of an e-mail": lambda text: quopri.encodestring(f"{'-' * 60}{text}".encode()).decode(),
    "bytes": lambda text: "\\\\x" + text.encode().hex(),
    "archive": lambda text: gzip.compress(text.encode()),
    "UTF-16": lambda text: text.encode("utf-16"),
    "document": lambda text: _zip(text),
}


def _zip(text):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", text)
    return file.getvalue()


def _write_national(number):
    return f"(020) {number[5:9]} {number[9:]}"


NUMBERS = {
    "E.164": lambda number: number,
    "digits": lambda number: number[1:],
    "with 00": lambda number: f"00{number[1:]}",
    "national": lambda number: f"0{number[3:]}",
    "as people write it": _write_national,
    "both": lambda number: f"+44 (0) 20 / {number[5:9]}-{number[9:]}",
    "its end": lambda number: f"{number[5:9]}-{number[9:]}",
}
NAMES = {
    "name": "Zoë O'{}",
    "in reversed order": "O'{}, Zoë",
    "surname": "{}",
    "in capitals": "ZOË O'{}",
    "decomposed": unicodedata.normalize("NFD", "Zoë O'{}"),
    "as a login": "zoe.o-{}@example.com",
}


def _get_ways_of_writing(index):
    """Return how the number and the name with an index can be written."""
    numbers = [write(get_number(index)) for write in NUMBERS.values()]
    surnames = [f"Quax{get_letters(index)}", f"QUAX{get_letters(index).upper()}"]
    return numbers + [name.format(surname) for name in NAMES.values() for surname in surnames]


@settings(max_examples=500)
@given(
    index=st.integers(0, 999),
    data=st.data(),
    disguise=st.sampled_from(sorted(DISGUISES)),
    around=st.text("äö\"' <", max_size=5),
)
def test_the_search_finds_numbers_and_names_in_every_disguise(index, data, disguise, around):
    text = data.draw(st.sampled_from(_get_ways_of_writing(index)))
    assert find_marks(DISGUISES[disguise](f"{around}{text}{around}")) == {index}
