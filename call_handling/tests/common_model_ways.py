"""Ways to get at the records of any model of the app, generated from its fields.

As those of `common_ways`, each way yields attempts: functions without parameters. What they
return contains the words of the calls whose records are shown, also of records without any text.
"""

from functools import partial

from odoo.fields import Domain
from odoo.tools import split_every

from .common_roles import get_word

WAYS_BY_MODEL = {}
TEXTS = ("char", "text", "html")
# What Odoo can neither search nor sort by
OPAQUE = ("json", "binary", "properties", "properties_definition")
DATES = ("date", "datetime")
COMMON_WORD, COMMON_NUMBER = "zq", "+1202555"  # of all calls of the cast
GROUPING_SETS = 30  # PostgreSQL takes 31


def way(function):
    WAYS_BY_MODEL[function.__name__] = function
    return function


class Hidden:
    """The records of one model that say something about calls, as a role gets at them.

    :param model: an empty recordset, in the environment of the role
    :param dict records: records by name of the call
    :param list linking: for each field of any model that leads to these records, the model with
        that field, its name, and the ids of those that lead to nothing else, by name of the call
    """

    def __init__(self, model, records, linking):
        self.model, self.linking = model, linking
        self.records = {name: model.browse(found.ids) for name, found in records.items()}
        self.ids_by_name = {name: found.ids for name, found in self.records.items()}
        self.ids = get_all(self.ids_by_name)

    def mark(self, ids):
        """Return the words of the calls whose records are among ids."""
        return mark(self.ids_by_name, ids)

    def mark_rows(self, rows):
        """Return the words of the calls whose records are among rows with ids, and the rows."""
        return self.mark([row["id"] for row in rows]), rows


def get_all(ids_by_name):
    return [id_ for ids in ids_by_name.values() for id_ in ids]


def mark(ids_by_name, found):
    """Return the words of the calls whose ids have been found.

    :rtype: list[str]
    """
    return [get_word(name) for name, ids in ids_by_name.items() if not set(ids).isdisjoint(found)]


def get_searchable(model):
    """Return the fields of a model that a user may read and search.

    :rtype: list[Field]
    """
    return [
        field
        for field in model._fields.values()
        if (field.store or field.search)
        and field.type not in OPAQUE
        and model._has_field_access(field, "read")
    ]


def get_closed(model):
    """Return the stored fields of a model that a user may not read.

    :rtype: list[Field]
    """
    return [
        field
        for field in model._fields.values()
        if field.store and not model._has_field_access(field, "read")
    ]


def get_plain(model):
    """Return the names of the stored fields that a user may read and group by.

    :rtype: list[str]
    """
    return [f.name for f in get_searchable(model) if f.store and f.type != "one2many"]


def get_sortable(model):
    """Return the names of the fields that a user may read, sort by and aggregate.

    :rtype: list[str]
    """
    return [name for name in get_plain(model) if model._fields[name].type != "many2many"]


def get_group_spec(model, name):
    return f"{name}:day" if model._fields[name].type in DATES else name


def match(record, field):
    """Return the domain that a record meets because of what it has in a field.

    :rtype: Domain
    """
    value, name = record.sudo()[field.name], field.name
    if field.type in TEXTS:
        return Domain(name, "ilike", value) if value else Domain.FALSE
    if field.relational:
        return Domain(name, "in", value.ids) if value else Domain.FALSE
    return Domain(name, "=", value) if value is not False else Domain.FALSE


def match_any(records, fields):
    """Return the domain that each of some records meets because of each of some fields."""
    return Domain.OR(match(record, field) for record in records for field in fields)


def get_columns(model):
    """Return the columns of a list with everything that a user may read in the records.

    :rtype: list[str]
    """
    names = [name for name in get_plain(model) if not model._fields[name].relational]
    if not model._auto:
        names.remove("id")  # as a column, it is the external id, which rows of a view do not have
    return [".id", "display_name", *names]


def get_columns_of_links(model):
    """Return columns with what a list can show of each record that others lead to.

    Odoo refuses a list with a column in which there is a record that the user may not read.

    :rtype: list[list[str]]
    """
    links = [
        field for field in get_searchable(model) if (field.comodel_name or "").startswith("call.")
    ]
    return [
        [".id", *(f"{field.name}/{name}" for name in get_columns(model.env[field.comodel_name]))]
        for field in links
    ]


def get_specification(model):
    """Return what a screen reads that shows everything, also of the calls that belong to it."""
    fields = [
        field
        for field in model._fields.values()
        if field.type not in OPAQUE and model._has_field_access(field, "read")
    ]
    of_calls = {name: {} for name in ("display_name", "remote_number", "remote_name", "summary")}
    return {
        field.name: {"fields": of_calls} if field.comodel_name == "call.call" else {}
        for field in fields
    }


@way
def read(hidden):
    for records in hidden.records.values():
        yield lambda found=records: hidden.mark_rows(found.read())
        yield lambda found=records: hidden.mark_rows(found.web_read(get_specification(found)))


@way
def search(hidden):
    model, specification = hidden.model, get_specification(hidden.model)
    yield lambda: hidden.mark(model.search(Domain("id", "in", hidden.ids) | Domain.TRUE).ids)
    yield lambda: hidden.mark_rows(model.search_read([], get_plain(model)))
    yield lambda: hidden.mark_rows(model.web_search_read([], specification)["records"])
    for name, records in hidden.records.items():
        yield lambda name=name, found=records: (
            [get_word(name)] * model.search_count(Domain("id", "in", found.ids))
        )


@way
def search_by_values(hidden):
    fields = get_searchable(hidden.model)
    domain = Domain.OR(match_any(records, fields) for records in hidden.records.values())
    domain &= Domain("id", "in", hidden.ids)
    yield lambda: hidden.mark(hidden.model.search(domain).ids)


@way
def search_through_links(hidden):
    fields = get_searchable(hidden.model)
    for model, link, leading in hidden.linking:
        values = Domain.OR(match_any(hidden.records[name], fields) for name in leading)
        domain = Domain("id", "in", get_all(leading)) & Domain(link, "any", values)
        yield lambda m=model, domain=domain, of=leading: mark(of, m.search(domain).ids)


@way
def order(hidden):
    model, names = hidden.model, get_sortable(hidden.model)
    for by in (", ".join(names), ", ".join(f"{name} desc" for name in names)):
        yield lambda by=by: hidden.mark(model.search([], order=by).ids)
    # the order of the records that lead to hidden ones would say which of these is greater
    for other, link, leading in hidden.linking:
        by = ", ".join(f"{link}.{name}" for name in names if name != "id")
        yield lambda m=other, by=by, of=leading: m.search([], order=by) and [*map(get_word, of)]


@way
def group(hidden):
    model, ids = hidden.model, ["__count", "id:array_agg"]
    specs = [get_group_spec(model, name) for name in get_plain(model)]

    def mark_groups(groups):
        return hidden.mark({i for row in groups for i in row["id:array_agg"]}), groups

    for sets in split_every(GROUPING_SETS, specs):
        yield lambda sets=sets: [
            mark_groups(groups)
            for groups in model.formatted_read_grouping_sets([], [[by] for by in sets], ids)
        ]
    for by in (specs, []):
        yield lambda by=by: mark_groups(model.formatted_read_group([], by, ids))
    yield lambda: mark_groups(model.web_read_group([], specs[:1], ids)["groups"])


@way
def group_through_links(hidden):
    specs = [get_group_spec(hidden.model, name) for name in get_plain(hidden.model)]
    for model, link, leading in hidden.linking:
        if model._fields[link].type == "many2one" and model._fields[link].store:
            for some in split_every(GROUPING_SETS, specs):
                paths = [f"{link}.{by}" for by in some]
                yield partial(find_groups, model, leading, paths)


def find_groups(model, leading, paths):
    """Return the words of calls whose values have a group of their own.

    :param dict leading: ids of records that lead to nothing else, by name of the call
    :param list paths: what is grouped by
    """
    domain = Domain("id", "in", get_all(leading))
    sets = [[path] for path in paths]
    found = set()
    for path, groups in zip(
        paths,
        model.formatted_read_grouping_sets(domain, sets, ["id:array_agg"]),
        strict=True,
    ):
        found |= {id_ for row in groups if row[path] for id_ in row["id:array_agg"]}
    return mark(leading, found)


@way
def aggregate(hidden):
    model = hidden.model
    names = [f"{name}:array_agg" for name in get_sortable(model)]
    yield lambda: hidden.mark(model.formatted_read_group([], [], names)[0]["id:array_agg"])


@way
def export(hidden):
    model, columns = hidden.model, get_columns(hidden.model)

    def mark_rows(rows):
        return hidden.mark([int(row[0]) for row in rows["datas"] if row[0]]), rows

    yield lambda: mark_rows(model.search([]).export_data(columns))
    for paths in get_columns_of_links(model):
        yield lambda paths=paths: mark_rows(model.search([]).export_data(paths))
    for records in hidden.records.values():
        yield lambda found=records: mark_rows(found.export_data(columns))


@way
def names(hidden):
    model = hidden.model
    only_them = [("id", "in", hidden.ids)]
    yield lambda: hidden.mark([id_ for id_, _name in model.name_search("", only_them)])
    yield lambda: hidden.mark_rows(model.web_name_search("", {"display_name": {}}, only_them))
    for text in (COMMON_WORD, COMMON_NUMBER):
        yield lambda text=text: hidden.mark([id_ for id_, _name in model.name_search(text)])
    for records in hidden.records.values():
        yield lambda found=records: found.mapped("display_name")
