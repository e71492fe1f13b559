"""Ways to get at calls by RPC, without regard to whether one may see them.

Each way yields attempts: functions without parameters. What they return, or the message with which
they are refused, must contain nothing of hidden calls.
"""

from .common_roles import get_number, get_word

WAYS_BY_RPC = {}
FIELDS = ["display_name", "remote_number", "remote_name", "summary", "queue", "remote_label"]
SPECIFICATION = {name: {} for name in FIELDS} | {
    "note_ids": {"fields": {"body": {}}},
    "message_ids": {"fields": {"body": {}}},
    "leg_ids": {"fields": {"display_name": {}}},
}


def way(function):
    WAYS_BY_RPC[function.__name__] = function
    return function


def get_links(env):
    """Return the fields of all models that lead to calls and can be searched."""
    return [
        (model, name)
        for model, cls in env.registry.items()
        if not cls._abstract and not cls._transient
        for name, field in cls._fields.items()
        if field.comodel_name == "call.call" and (field.store or field.search)
    ]


def get_dialogs(env):
    """Return the fields of all dialogs that lead to calls, and what their forms show."""
    return [
        (model, name, {name: {} for name, field in cls._fields.items() if not field.relational})
        for model, cls in env.registry.items()
        if cls._transient
        for name, field in cls._fields.items()
        if field.comodel_name == "call.call" and field.store
    ]


def find(model, domain, name):
    """Return the word of a call if records match that only match because of it."""
    return get_word(name) if model.search_count(domain) else ""


@way
def read(env, hidden):
    for call in hidden.values():
        yield lambda call=call: call.read()
        yield lambda call=call: call.read(FIELDS)
        yield lambda call=call: call.web_read(SPECIFICATION)
        for name in ("note_ids", "leg_ids", "event_ids", "reference_ids", "message_ids"):
            ids = call.sudo()[name].ids
            yield lambda call=call, name=name, ids=ids: call[name].browse(ids).read()


@way
def search(env, hidden):
    everything = ["|", ("id", "in", [call.id for call in hidden.values()]), (1, "=", 1)]
    yield lambda: env["call.call"].search_read(everything, FIELDS)
    yield lambda: env["call.call"].web_search_read(everything, SPECIFICATION)
    for model in ("call.leg", "call.note", "call.event", "call.reference"):
        yield lambda model=model: env[model].search_read([])


@way
def search_by_hidden_values(env, hidden):
    for name in hidden:
        for field in ("remote_name", "summary", "queue", "display_name", "note_ids.body"):
            domain = [(field, "ilike", get_word(name))]
            yield lambda domain=domain, name=name: find(env["call.call"], domain, name)
        for field in ("remote_number", "number_search", "reference_ids.call_id.remote_number"):
            domain = [(field, "=", get_number(name))]
            yield lambda domain=domain, name=name: find(env["call.call"], domain, name)
        for field in ("message_ids", "activity_ids", "leg_ids", "note_ids"):
            inner = [("display_name", "ilike", get_word(name))]
            domain = [(field, "any", inner)]
            yield lambda domain=domain, name=name: find(env["call.call"], domain, name)


@way
def search_through_relations(env, hidden):
    for model, field in get_links(env):
        for name in hidden:
            by_path = [(f"{field}.remote_number", "=", get_number(name))]
            by_any = [(field, "any", [("summary", "=", get_word(name))])]
            by_name = [(field, "ilike", get_word(name))]
            for domain in (by_path, by_any, by_name):
                yield lambda m=model, domain=domain, name=name: find(env[m], domain, name)


@way
def group(env, hidden):
    for field in ("remote_number", "remote_name", "queue"):
        yield lambda field=field: env["call.call"].formatted_read_group([], [field], ["__count"])
        yield lambda field=field: env["call.call"].web_read_group([], [field], ["__count"])
        yield lambda field=field: env["call.call"].read_group([], ["__count"], [field])


@way
def group_by_call(env, hidden):
    for model, field in get_links(env):
        if env[model]._fields[field].store and env[model]._fields[field].type != "one2many":
            yield lambda m=model, f=field: env[m].formatted_read_group([], [f], ["__count"])
            yield lambda m=model, f=field: env[m].web_read_group([], [f], ["__count"])
            yield lambda m=model, f=field: env[m].read_group([], [f], [f])


@way
def order(env, hidden):
    yield lambda: env["call.call"].search([], order="remote_name desc").read(FIELDS)
    for model, field in get_links(env):
        by_path = f"{field}.remote_number"
        yield lambda m=model, o=by_path: env[m].search([], order=o) and list(map(get_word, hidden))


@way
def export(env, hidden):
    paths = ["remote_number", "remote_name", "summary", "note_ids/body", "message_ids/body"]
    for call in hidden.values():
        yield lambda call=call: call.export_data(paths)
    for model, field in get_links(env):
        names = [f"{field}/{name}" for name in (".id", "display_name", "remote_number", "summary")]
        yield lambda m=model, names=names: env[m].search([]).export_data(names)


@way
def names(env, hidden):
    for name, call in hidden.items():
        only_it = [("id", "=", call.id)]
        yield lambda call=call: call.display_name
        yield lambda name=name: env["call.call"].name_search(get_number(name)[-4:])
        yield lambda only_it=only_it: env["call.call"].name_search("", only_it)
        yield lambda name=name: env["call.call"].name_create("x")
    for model, field in get_links(env):
        yield lambda m=model, f=field: env[m].search_read([], [f])
        yield lambda m=model, f=field: env[m].web_search_read([], {f: {"fields": SPECIFICATION}})


@way
def chatter(env, hidden):
    about = [("model", "=", "call.call")]
    yield lambda: env["mail.message"].search_read(about, ["body", "record_name", "subject"])
    yield lambda: env["mail.tracking.value"].search_read([])
    yield lambda: env["mail.followers"].search_read([("res_model", "=", "call.call")])
    yield lambda: env["mail.notification"].search_read([])
    for call in hidden.values():
        ids = call.sudo().message_ids.ids
        yield lambda ids=ids: env["mail.message"].browse(ids).read(["body", "tracking_value_ids"])
        yield lambda call=call: call.message_post(body="x").read(["record_name", "subject"])
        yield lambda call=call: call.message_subscribe(env.user.partner_id.ids) and call.read()
        yield lambda call=call: call.get_formview_action()


@way
def activities(env, hidden):
    yield lambda: env["mail.activity"].search_read([], ["summary", "note", "res_name"])
    yield lambda: env["mail.activity"].get_activity_data("call.call", [])
    for call in hidden.values():
        ids = call.sudo().activity_ids.ids
        yield lambda ids=ids: env["mail.activity"].browse(ids).read(["summary", "res_name"])
        yield lambda ids=ids: env["mail.activity"].browse(ids).activity_format()


@way
def attachments(env, hidden):
    fields = ["name", "raw", "datas", "index_content", "res_name"]
    files = env["ir.attachment"]
    yield lambda: files.search_read([("res_model", "=", "call.call")], fields)
    for name, call in hidden.items():
        ids = files.sudo().search([("res_model", "=", "call.call"), ("res_id", "=", call.id)]).ids
        yield lambda ids=ids: files.browse(ids).read(fields)
        yield lambda ids=ids: files.browse(ids).copy({"res_model": False}).read(fields)
        yield lambda ids=ids, name=name: files.browse(ids).generate_access_token() and get_word(
            name
        )
        domain = [("name", "=", f"{get_word(name)}.txt"), ("res_model", "=", "call.call")]
        yield lambda domain=domain, name=name: find(files, domain, name)


@way
def forms(env, hidden):
    Call = env["call.call"]
    for call in hidden.values():
        yield lambda call=call: call.onchange({}, ["summary"], SPECIFICATION)
        yield lambda call=call: call.onchange({"summary": "x"}, [], SPECIFICATION)
        yield lambda call=call: call.web_save({}, SPECIFICATION)
        yield lambda call=call: call.web_save({"category_id": False}, SPECIFICATION)
        yield lambda call=call: Call.web_save({}, SPECIFICATION, next_id=call.id)
        by_default = {"default_note_ids": [(4, call.sudo().note_ids.id)]}
        yield lambda c=by_default: Call.with_context(**c).onchange({}, [], SPECIFICATION)
        yield lambda c=by_default: Call.with_context(**c).default_get(["note_ids"])
    for model, field in get_links(env):
        for call in hidden.values():
            values, spec = {field: call.id}, {field: {"fields": SPECIFICATION}}
            yield lambda m=model, v=values, s=spec: env[m].onchange(v, list(v), s)
            yield lambda m=model, v=values, s=spec: env[m].new(v).onchange(v, [], s)


@way
def dialogs(env, hidden):
    for model, field, spec in get_dialogs(env):
        for call in hidden.values():
            value = [(6, 0, call.ids)] if "ids" in field else call.id
            values, default = {field: value}, {f"default_{field}": value}
            yield lambda m=model, v=values: env[m].create(v).read()
            yield lambda m=model, v=values, s=spec: env[m].web_save(v, s)
            yield lambda m=model, c=default, s=spec: env[m].with_context(**c).onchange({}, [], s)


@way
def copies(env, hidden):
    for call in hidden.values():
        yield lambda call=call: call.copy().read(FIELDS)
        yield lambda call=call: call.copy_data()
        ids = call.sudo().note_ids.ids
        yield lambda ids=ids: env["call.note"].browse(ids).copy().read()


@way
def imports(env, hidden):
    for call in hidden.values():
        row = [str(call.id), "x"]
        yield lambda row=row: env["call.call"].load([".id", "direction"], [row])
        yield lambda row=row: env["call.note"].load(["call_id/.id", "body"], [row])
        yield lambda row=row: env["call.note"].create({"call_id": int(row[0]), "body": "x"}).read()
        yield lambda call=call: call.web_resequence(SPECIFICATION, field_name="talk_seconds")


@way
def search_panel(env, hidden):
    Call = env["call.call"]
    for field in ("user_id", "category_id", "direction", "partner_id", "project_id"):
        yield lambda field=field: Call.search_panel_select_range(field, enable_counters=True)
        yield lambda field=field: Call.search_panel_select_multi_range(field)
    for model, field in get_links(env):
        yield lambda m=model, f=field: env[m].search_panel_select_range(f, enable_counters=True)
        yield lambda m=model, f=field: env[m].search_panel_select_multi_range(f)


@way
def cards(env, hidden):
    Call = env["call.call"]
    yield lambda: Call.get_cards([call.id for call in hidden.values()])
    yield Call.get_menu
    for name in hidden:
        yield lambda name=name: env["call.dial"].find(get_word(name))
        yield lambda name=name: env["call.dial"].get_numbers("call.call", hidden[name].id)


@way
def callbacks(env, hidden):
    yield lambda: env["call.callback"].search_read([])
    for name in hidden:
        domain = [("call_ids.remote_name", "=", get_word(name))]
        yield lambda domain=domain, name=name: find(env["call.callback"], domain, name)


@way
def proposals(env, hidden):
    yield lambda: env["call.proposal"].search_read([])
    yield lambda: env["call.proposal"].formatted_read_group([], ["number"], ["__count"])
    for call in hidden.values():
        ids = env["call.proposal"].sudo().search([("call_id", "=", call.id)]).ids
        yield lambda ids=ids: env["call.proposal"].browse(ids).read()


@way
def timesheets(env, hidden):
    for model in ("account.analytic.line", "timesheets.analysis.report"):
        yield lambda model=model: env[model].search([]).read()
        yield lambda model=model: env[model].formatted_read_group([], ["name"], ["__count"])


@way
def tasks(env, hidden):
    yield lambda: env["project.task"].search_read([], ["name", "description", "display_name"])
    of_tasks = [("model", "=", "project.task")]
    yield lambda: env["mail.message"].search_read(of_tasks, ["body"])
    files = [("res_model", "=", "project.task")]
    yield lambda: env["ir.attachment"].search_read(files, ["name", "raw"])


@way
def contacts(env, hidden):
    partners = env["res.partner"].search([])
    spec = {name: {"fields": SPECIFICATION} for name in ("last_call_ids",)}
    yield lambda: partners.web_read(spec)
    yield lambda: partners.read(["call_activity_ids", "last_call_ids", "call_count"])
    for name, call in hidden.items():
        calls = [("last_call_ids", "in", call.ids)]
        yield lambda domain=calls, name=name: find(env["res.partner"], domain, name)
