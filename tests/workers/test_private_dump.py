"""After calls have become private, the whole database, the files and the log of a server contain
neither number nor name nor text of them."""

import base64
import gzip
import io
import itertools
import json
import os
import traceback
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .pbx import Pbx
from .private_stories import STORIES, Office, Situation
from .server import Client
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
GROUPS = {
    "alice": [
        "base.group_user", "base.group_partner_manager", "call_handling.group_call_handling_own",
        "project.group_project_user", "hr_timesheet.group_hr_timesheet_user",
        "sales_team.group_sale_salesman_all_leads", "helpdesk_mgmt.group_helpdesk_user",
    ],
    "bob": ["call_handling.group_call_handling_department"],
    "boss": ["call_handling.group_call_handling_admin", "hr_timesheet.group_hr_timesheet_approver",
             "base.group_partner_manager", "project.group_project_manager"],
}  # fmt: skip
CRONS = ("ir_cron_run_jobs", "ir_cron_retry_events", "ir_cron_close_silent_calls")


# --- the offices ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def offices(server, database, admin):
    """One company for each way of treating private calls."""
    return [_create_office(server, database, admin, mode) for mode in MODES]


def _create_office(server, database, admin, mode):
    company = admin.create("res.company", name=f"Office {mode}", call_private_mode=mode,
                           call_hand_over="all", call_texts_for_customers=True)  # fmt: skip
    department = admin.create("hr.department", name=f"All {mode}", company_id=company)
    people = {
        name: _create_person(server, database, admin, f"{name}-{mode}", names, company, department)
        for name, names in (
            ("alice", GROUPS["alice"]),
            ("bob", GROUPS["alice"] + GROUPS["bob"]),
            ("boss", GROUPS["alice"] + GROUPS["boss"]),
        )
    }
    owners = {"101": people["alice"].uid, "102": people["bob"].uid}
    pbx = Pbx(server[0], database, owners, "generic", company)
    sql = "UPDATE call_pbx SET private_prefix = '*7' WHERE id = %s RETURNING id"
    database.rows(sql, [pbx.id])
    values = {"privacy_visibility": "employees", "allow_timesheets": True}
    project = people["boss"].create("project.project", name="Help", company_id=company, **values)
    return Office(mode, company, pbx, **people, project=project, rows=database.rows)


def _create_person(server, database, admin, login, groups, company, department):
    ids = [_get_id(database, group) for group in groups]
    account = {"name": login, "login": login, "password": login, "email": f"{login}@example.com"}
    rights = {"company_id": company, "company_ids": [company], "group_ids": [[6, 0, ids]]}
    user = admin.create("res.users", notification_type="inbox", **account, **rights)
    admin.create("hr.employee", name=login, user_id=user, company_id=company,
                 department_id=department)  # fmt: skip
    return Client(*server, login)


def _get_id(database, xmlid):
    sql = "SELECT res_id FROM ir_model_data WHERE module = %s AND name = %s"
    return database.rows(sql, xmlid.split("."))[0]["res_id"]


@pytest.fixture(scope="module")
def situations(offices, database):
    """Every story in every office, with what there is before the call."""
    situations = []
    for number, (office, name) in enumerate(itertools.product(offices, STORIES)):
        story = STORIES[name]
        is_known = number % 2 == 0 if story.is_known is None else story.is_known
        situations.append(Situation(office, story, number, is_known))
    partners = {
        user["id"]: user["partner_id"]
        for user in database.rows("SELECT id, partner_id FROM res_users")
    }
    for office in offices:
        task = office.boss.create("project.task", name="Printer", project_id=office.project)
        for number, situation in enumerate(s for s in situations if s.office is office):
            situation.made |= {
                "alice": partners[office.alice.uid], "bob": partners[office.bob.uid],
                "call_model": _get_id(database, "call_handling.model_call_call"), "task": task,
                "line_number": f"+493023125{number + 700}",
                "other": office.boss.create("res.partner", name="Somebody Else"),
            }  # fmt: skip
            if situation.is_known:
                situation.partner = situation.add_contact()
            if situation.story.before:
                situation.story.before(situation)
    return situations


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


def _play(situation):
    situation.story.play(situation)


def test_nothing_is_left_of_private_calls(offices, situations, database, admin):
    assert len(STORIES) >= 40
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
    left = [
        f"{situation}: {place.where}: {place.text[:600]}"
        for place in search.find()
        for situation in [situations[place.index]]
        if place.where.partition(".")[0] not in situation.story.allowed
    ]
    assert not left, "\n".join(left)


# --- the search finds what is there ----------------------------------------------------------

DISGUISES = {
    "plain": str,
    "JSON": lambda text: json.dumps({"text": text}),
    "JSON in JSON": lambda text: json.dumps({"text": json.dumps({"text": text})}),
    "HTML": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "address": lambda text: f"https://example.com/?q={quote(text, safe='')}",
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
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


@given(
    index=st.integers(0, 999),
    write=st.sampled_from(
        [
            get_number,
            lambda index: get_number(index)[1:],
            lambda index: f"00{get_number(index)[1:]}",
            lambda index: _write_national(get_number(index)),
            lambda index: f"{get_number(index)[5:9]}-{get_number(index)[9:]}",
            lambda index: f"Zoë QUAX{get_letters(index)}",
        ]
    ),
    disguise=st.sampled_from(sorted(DISGUISES)),
    around=st.text("äö\"' <", max_size=5),
)
def test_the_search_finds_numbers_and_names_in_every_disguise(index, write, disguise, around):
    assert find_marks(DISGUISES[disguise](f"{around}{write(index)}{around}")) == {index}
