import csv
import itertools
import json

from odoo import Command
from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import new_test_user, tagged

from ..tools import AUTOMATIC
from .common_model_ways import (
    WAYS_BY_MODEL,
    Hidden,
    get_closed,
    get_columns,
    get_group_spec,
    get_plain,
    group_through_links,
    order,
    search_through_links,
)
from .common_roles import TRIED, find_calls_in, get_number, get_word, quiet
from .roles_table import WAYS_OF_MODELS, read_model_rights, read_ways, read_whose
from .test_roles_ways import WaysHttpCommon

# Calls whose records are tried: those that are hidden from some, and one that is not, but whose
# records of some models are.
TRIED_RECORDS = ("own", *TRIED)
WAYS_THROUGH_LINKS = (order, search_through_links, group_through_links)


@tagged("post_install", "-at_install", "exhaustive")
class TestRolesModels(WaysHttpCommon):
    """No way to any model of the app shows records of hidden calls, beside what the table says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.whose, cls.shown = read_whose(), read_ways(WAYS_OF_MODELS)
        cls.links = cls._get_links()
        cls.linking = {}  # by model and names of calls
        cls.viewer = cls._create_viewer()
        cls.of_calls = {model: {} for model in cls.whose}
        for name in TRIED_RECORDS:
            for record in cls._create_records_of(name, cls.calls[name]):
                cls.of_calls[record._name][name] = record.with_env(cls.env)
        for record in cls._create_records_abroad():
            cls.of_calls[record._name]["abroad"] = record.with_env(cls.env)
        cls._create_links()
        cls.env.flush_all()

    @classmethod
    def _get_links(cls):
        """Return the fields that lead to each model, by model: pairs of a model and a name."""
        links = {}
        for model, model_class in cls.env.registry.items():
            if not model_class._abstract and not model_class._transient:
                for name, field in model_class._fields.items():
                    if field.comodel_name in cls.whose and (field.store or field.search):
                        links.setdefault(field.comodel_name, []).append((model, name))
        return links

    @classmethod
    def _create_viewer(cls):
        """Return a user who may see everything, except what is private or another person's."""
        apps = (
            "base.group_system", "base.group_partner_manager", "base.group_allow_export",
            "hr.group_hr_manager", "project.group_project_manager",
            "hr_timesheet.group_timesheet_manager", "call_handling.group_call_handling_admin",
            "call_handling.group_call_recording_all",
        )  # fmt: skip
        companies = cls.company + cls.second_company
        cls.env.ref("base.group_allow_export").user_ids += cls.bob
        return new_test_user(
            cls.env, "viewer", ",".join(apps),
            company_id=cls.company.id, company_ids=[Command.set(companies.ids)],
        )  # fmt: skip

    # === RECORDS === #

    @classmethod
    def _create_records_of(cls, name, call):
        """Yield the records of each model that a call has."""
        env, company = cls.env, {"company_id": call.company_id.id}
        yield call
        yield call.leg_ids
        yield call.event_ids
        yield call.reference_ids
        yield call.note_ids or env["call.note"].create({"call_id": call.id, "body": get_word(name)})
        entry = {"act": "correct", "user_id": cls.bob.id, "res_model": call._name}
        yield env["call.audit"].create(entry | company | {"res_id": call.id})
        phone = {"user_id": cls.bob.id, "pbx_id": cls.pbx.id, "extension": "102"}
        yield env["call.dial"].create(phone | {"number": get_number(name)})
        private = {"user_id": cls.bob.id, "number": get_number(name)}
        yield env["call.private.number"].create(private)
        transfer = {"action": "transfer", "target": get_number(name), "user_id": cls.bob.id}
        of_call = {"call_id": call.id, "leg_id": call.leg_ids[:1].id}
        if call.leg_ids:
            yield env["call.control"].create(transfer | of_call)
        of_bob = {"user_id": cls.bob.id, "pbx_id": cls.pbx.id, "detail": get_number(name)}
        yield env["call.command"].create(of_bob | {"action": "dial"})
        work = {"user_id": cls.bob.id, "kind": "delete", "call_ids": call.ids}
        yield env["call.work"].create(work | {"values": {"word": get_word(name)}})
        env.flush_all()
        yield env["call.report"].search([("call_id", "=", call.id)])
        yield env["call.part.report"].search([("call_id", "=", call.id)])
        if not call.is_private:
            kind = "remember" if name == "own" else "unwanted"
            yield env["call.proposal"]._propose(kind, call, cls.customer)
            recorded = cls._prepare_recording(name, call) | {"ref": f"more {get_word(name)}"}
            recording = env["call.recording"].create(recorded)
            yield recording
            transcript = env["call.transcript"].create(cls._prepare_transcript(name, recording))
            yield transcript
            yield transcript.line_ids
            outlines = env["call.outline"]
            outline = call.outline_ids or outlines.create(cls._prepare_outline(name, call))
            yield outline
            yield outline.point_ids
        if call.callback_id:
            yield call.callback_id
            yield env["call.callback.report"].browse(call.callback_id.id)

    @classmethod
    def _create_records_abroad(cls):
        """Yield a record of each model that companies have, of the second company."""
        env, pbx, word = cls.env, cls.second_pbx, get_word("abroad")
        company = {"company_id": cls.second_company.id}
        of_pbx, at = {"pbx_id": pbx.id}, {"date": "2026-11-23 10:00:00"}
        pbx.name = word
        due = {"number": get_number("abroad"), "date_first": "2026-11-23 10:00:00"}
        callback = env["call.callback"].create(company | due)
        yield callback
        yield env["call.callback.report"].browse(callback.id)
        yield pbx
        yield pbx.extension_ids
        phone = {"extension_id": pbx.extension_ids[:1].id}
        yield env["call.phone.state"].create(phone | {"state": "talking"})
        yield env["call.directory"].create(of_pbx | {"name": word})
        yield env["call.line"].create(company | {"name": word, "number": get_number("abroad")})
        yield env["call.rule"].create(company | {"name": word})
        yield env["call.recording.rule"].create(company | {"pbx_id": pbx.id})
        yield env["call.recording.removal"].create(of_pbx | {"ref": word})
        yield env["call.block"].create(company | {"number": get_number("abroad"), "name": word})
        contact = env["res.partner"].create(company | {"name": word})
        number = {"partner_id": contact.id, "number": get_number("abroad")}
        yield env["call.number"].create(number)
        peer = env["call.peer"].create(of_pbx | {"name": word})
        yield peer
        decision = {"peer_id": peer.id, "kind": "phone", "extension": word}
        yield env["call.peer.decision"].create(decision)
        yield env["call.alert"].create(of_pbx | {"kind": "silent"})
        row = {"start": "2026-11-23 10:00", "talk": "5", "direction": "in"}
        row = env["call.import.row"].create(
            of_pbx | row | {"from_number": get_number("abroad"), "summary": word}
        )
        yield row
        yield row.import_id
        yield env["call.delivery"].create(of_pbx | at | {"status": 200})
        yield env["call.pbx.hour"].create(of_pbx | at)
        yield env["call.private.count"].create(company | {"date": "2026-11-23", "count": 1})
        for model in ("call.report.day", "call.report.hour", "call.part.report.day"):
            yield env[model].create(company | {"date": "2026-11-23"})
        days = {"date_from": "2026-11-23", "date_to": "2026-11-23"}
        yield env["call.report.live"].create(company | days)

    @classmethod
    def _create_links(cls):
        """Create what the roles see, and what leads to calls that they do not see."""
        of_alice = {"user_id": cls.alice.id, "pbx_id": cls.pbx.id, "extension": "101"}
        waiting = {"company_id": cls.company.id, "user_ids": [Command.set(cls.alice.ids)]}
        for index, name in enumerate(TRIED):
            call, number = cls.calls[name], f"+1202555016{index}"
            source = {"number": number, "source_call_id": call.id}
            device = {"name": f"P{index}", "pbx_id": cls.pbx.id}
            cls.env["call.number"].create(source | {"partner_id": cls.customer.id})
            cls.env["call.block"].create(source | {"company_id": cls.company.id})
            cls.env["call.peer"].create(device | {"call_ids": [Command.set(call.ids)]})
            cls.env["call.callback"].create(waiting | {"number": number, "done_call_id": call.id})
            dial = cls.env["call.dial"].create(of_alice | {"number": number})
            call.with_context(**AUTOMATIC.set()).dial_id = dial

    # === WHAT IS HIDDEN === #

    def _get_hidden_records(self, role, model):
        """Return the records of a model that the tables hide from a role, by name of the call."""
        # without regard to record rules
        may_read = self._env_of(role)[model].has_access("read")
        return {
            name: records
            for name, records in self.of_calls[model].items()
            if self.whose[model] == "person" or not (may_read and "read" in self.may[role][name])
        }

    def _get_hidden_in(self, env, model, records):
        key = model, frozenset(records)
        links = self.linking.get(key)
        if links is None:
            links = self.linking[key] = self._get_linking(*key)
        links = [(env[m], *link) for m, *link in links if env[m].has_access("read")]
        return Hidden(env[model], records, links)

    def _get_linking(self, model, names):
        """Return for each field that leads to records of a model: the model with that field, its
        name, and by name of the call the ids of what leads to these records and nothing else."""
        records = {name: self.of_calls[model][name] for name in names}
        ids = {id_ for found in records.values() for id_ in found.ids}
        linking = []
        for other, link in self.links.get(model, ()):
            found = self.env[other].with_context(active_test=False).search([(link, "in", [*ids])])
            found = found.filtered(lambda record, link=link: set(record[link].ids) <= ids)
            leading = {
                name: found.filtered(lambda record, link=link, of=of: record[link] & of).ids
                for name, of in records.items()
            }
            if any(leading.values()):
                linking.append((other, link, {n: those for n, those in leading.items() if those}))
        return linking

    # === TESTS === #

    def test_the_table_names_every_model(self):
        stored = {
            model
            for model, cls in self.env.registry.items()
            if model.startswith("call.") and not cls._abstract and not cls._transient
            if cls._original_module.startswith("call_handling")
        }
        missing = stored - self.whose.keys()
        self.assertFalse(missing, "Add a row in roles_table.WAYS_BY_MODEL for each of them.")
        self.assertFalse(self.whose.keys() - stored, "There are no such models.")
        every = {*TRIED_RECORDS}
        needed = {
            "call": every, "person": every, "open": every - {"theirs"},
            "part": every - {"theirs", "missed"}, "missed": {"missed", "abroad"},
            "company": {"abroad"}, "shared": set(),
        }  # fmt: skip
        for model, whose in self.whose.items():
            created = {name for name, records in self.of_calls[model].items() if records}
            explanation = "Create them in _create_records_of or _create_records_abroad."
            self.assertEqual(created, needed[whose], f"Records of {model}: {explanation}")

    def test_no_way_shows_records_of_hidden_calls(self):
        for model, role in itertools.product(self.whose, self.users):
            records = self._get_hidden_records(role, model)
            if not records:
                continue
            with self.subTest(model=model, role=role), quiet():
                hidden = self._get_hidden_in(self._env_of(role), model, records)
                shown = {name: self._try(way, hidden) for name, way in WAYS_BY_MODEL.items()}
                allowed = self.shown[model].get(role, set()) & records.keys()
                more = {name: calls - allowed for name, calls in shown.items() if calls - allowed}
                self.assertFalse(more)
                self.assertEqual(set().union(*shown.values()), allowed)

    def _try(self, way, hidden):
        """Return the names of the calls whose records a way shows."""
        attempts = way(hidden)
        if way not in WAYS_THROUGH_LINKS and not hidden.model.has_access("read"):
            # who may read no record at all is refused in the same way by each of them
            attempts = itertools.islice(attempts, 1)
        content = [self._attempt(attempt) for attempt in attempts]
        return find_calls_in(content) & hidden.records.keys()

    def test_every_way_shows_records_of_visible_calls(self):
        for model in self._get_models_with_readers():
            for way in WAYS_BY_MODEL if self.of_calls[model] else ():
                with self.subTest(model=model, way=way), quiet():
                    seen = self._get_seen(model)
                    self.assertTrue(seen.records)
                    names = self._get_names_for(way, seen)
                    self.assertEqual(self._try(WAYS_BY_MODEL[way], seen), names)

    def _get_models_with_readers(self):
        """Return the models that somebody may read."""
        rights = read_model_rights()
        return [
            model for model in self.whose if any("r" in cell for cell in rights[model].values())
        ]

    def _get_names_for(self, way, seen):
        """Return the names of the calls whose records a way can show."""
        if not way.endswith("_through_links"):
            return set(seen.records)
        linking = seen.linking
        if way == "group_through_links":
            linking = [of for of in linking if of[0]._fields[of[1]].type == "many2one"]
        return {
            name
            for model, _link, leading in linking
            for name, ids in leading.items()
            if model.browse(ids)._filtered_access("read")
        }

    def _get_seen(self, model):
        """Return the records of a model that somebody sees who may see everything."""
        viewer = self.bob if self.whose[model] == "person" else self.viewer
        companies = {"allowed_company_ids": viewer.company_ids.ids, "lang": False}
        env = self.env(user=viewer, su=False, context=companies)
        records = {
            name: found
            for name, found in self.of_calls[model].items()
            if env[model].browse(found.ids)._filtered_access("read")
        }
        return self._get_hidden_in(env, model, records)

    def test_fields_that_a_role_may_not_read_are_refused_in_every_way(self):
        for model, role in itertools.product(self.whose, self.users):
            env = self._env_of(role)
            if not env[model].has_access("read"):
                continue
            for field in get_closed(env[model]):
                for name, attempt in self._get_attempts_on(env[model], field.name):
                    with (
                        self.subTest(model=model, role=role, field=field.name, way=name),
                        quiet(),
                        self.assertRaises(AccessError),
                        self.env.cr.savepoint(),
                    ):
                        self.fail(attempt())

    def _get_attempts_on(self, model, name):
        """Yield ways to get at what is in a field."""
        some, by = model.search([], limit=1), get_group_spec(model, name)
        domain = [(name, "!=", False)]
        if model._fields[name].required:
            # Odoo leaves out what is true of all records anyway
            value = some.sudo()[name]
            domain = [(name, "=", getattr(value, "id", value))]
        yield "read", lambda: some.read([name])
        yield "web_search_read", lambda: model.web_search_read([], {name: {}})
        yield "search", lambda: model.search(domain)
        yield "order", lambda: model.search([], order=name)
        yield "group", lambda: model.formatted_read_group([], [by])
        yield "aggregate", lambda: model.formatted_read_group([], [], [f"{name}:array_agg"])
        if some:
            yield "export", lambda: some.export_data([name])

    # === REQUESTS === #

    def _request_export_of(self, hidden):
        """Return the words of the calls whose records a list has as a file."""
        columns = [{"name": name, "label": name} for name in get_columns(hidden.model)]
        data = {"model": hidden.model._name, "fields": columns, "domain": [], "groupby": []}
        data |= {"ids": hidden.ids, "import_compat": False}
        body = {"data": json.dumps(data), "csrf_token": Request.csrf_token(self)}
        answer = self.url_open("/web/export/csv", data=body)
        if "csv" not in answer.headers["Content-Type"]:
            return answer.text
        ids = [int(row[0]) for row in csv.reader(answer.text.splitlines()[1:]) if row]
        return hidden.mark(ids), answer.text

    def _request_json_2_of(self, hidden):
        """Return the words of the calls whose records the external API returns."""
        headers = {"Authorization": f"Bearer {self.key}"}
        headers["Content-Type"] = "application/json"
        body = {"domain": [], "fields": get_plain(hidden.model), "limit": 1000}
        url = f"/json/2/{hidden.model._name}/search_read"
        answer = self.url_open(url, data=json.dumps(body), headers=headers)
        return (hidden.mark_rows(answer.json()) if answer.ok else ""), answer.text

    def _try_requests(self, hidden):
        """Return the names of the calls whose records each answer contains."""
        requests = [self._request_export_of]
        if self.key:  # the public has none
            requests.append(self._request_json_2_of)
        return [find_calls_in(request(hidden)) & hidden.records.keys() for request in requests]

    def _log_in(self, user):
        is_public = user == self.users["public"]
        self.authenticate(None if is_public else user.login, None)
        self.key = not is_public and self._get_key(user)

    def test_no_request_shows_records_of_hidden_calls(self):
        for role, user in self.users.items():
            self._log_in(user)
            for model in self.whose:
                records = self._get_hidden_records(role, model)
                if not records:
                    continue
                with self.subTest(model=model, role=role), quiet():
                    hidden = Hidden(self._env_of(role)[model], records, [])
                    allowed = self.shown[model].get(role, set()) & records.keys()
                    self.assertEqual(set().union(*self._try_requests(hidden)), allowed)

    def test_every_request_shows_records_of_visible_calls(self):
        for model in self._get_models_with_readers():
            if self.of_calls[model]:
                seen = self._get_seen(model)
                self._log_in(seen.model.env.user)
                with self.subTest(model=model), quiet():
                    for calls in self._try_requests(seen):
                        self.assertEqual(calls, set(seen.records))
