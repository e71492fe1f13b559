"""What the browser asks of the server, screen by screen, found by walking the menus of a user.

A new menu, view, filter, grouping or field to search in is found by itself. Only client actions
(``OF_TAGS``) and what no menu opens (:meth:`Walker._get_others`) are named here.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from lxml import etree

from odoo import fields
from odoo.fields import Domain
from odoo.service.model import call_kw
from odoo.tools.safe_eval import datetime, safe_eval, time

ADDONS = "call_handling"  # and the addons that begin like it
PAGE = {"list": 80, "kanban": 40, "activity": 100}
COUNTED = 10_001  # the web client counts no further
# What client actions ask for, by their tag: model, method, arguments
OF_TAGS = {
    "call_dashboard": [
        ("call.report", "get_dashboard", ("week", "{scope}")),
        ("call.report", "get_dashboard", ("quarter", "{scope}")),
    ],
    "call_wallboard": [("call.report", "get_wallboard", ("{scope}",))],
}


@dataclass
class Request:
    """What the browser asks for once."""

    screen: str  # the menu, or what is looked at
    kind: str  # first, view, filter, search, group, top bar, card, form, dashboard
    name: str
    model: str
    method: str
    arguments: tuple = ()
    options: dict = field(default_factory=dict)

    @property
    def label(self):
        """Return what identifies it, for any role."""
        return f"{self.screen}: {self.kind}{self.name and f' {self.name}'}"

    def run(self, env):
        """Ask the server.

        :param env: of the user, as in a request
        :return: the answer
        """
        context = {"lang": "en_US", "tz": "Europe/Berlin", "uid": env.uid,
                   "allowed_company_ids": env.user.company_ids.ids}  # fmt: skip
        options = dict(self.options)
        context |= options.pop("context", {})
        model = env(context=context)[self.model]
        return call_kw(model, self.method, list(self.arguments), options)


@dataclass
class Samples:
    """What is looked for."""

    names: dict  # what is typed, by what it is: a name, a number, …
    contact: int  # the contact that calls most
    call: int  # a call that goes on, at a phone of the person with own calls


def find_samples(env):
    """Return what is looked for in generated data.

    :rtype: Samples
    """
    [(contact,)] = _query(env, "SELECT id FROM res_partner WHERE phone_sanitized = '+493020000007'")
    [(contact_name, number)] = _query(
        env, "SELECT name, phone_sanitized FROM res_partner WHERE id = %s", contact + 100
    )
    [(call,)] = _query(
        env,
        "SELECT MIN(call_id) FROM call_leg WHERE leg_ref = 'leg-0' AND date_end IS NULL",
    )
    national = number.removeprefix("+49")
    names = {
        "a name": contact_name,
        "a part of a name": contact_name.split()[1][:5],
        "a number": number,
        "a number as written": f"0{national[:2]} / {national[2:]}",
        "a part of a number": number[-6:],
        "words": "the invoice 4711",
    }
    return Samples(names, contact, call)


def _query(env, text, *values):
    env.cr.execute(text, values)
    return env.cr.fetchall()


class Walker:
    """Finds all requests of a user.

    :param env: of the user
    :param Samples samples: what is looked for
    """

    def __init__(self, env, samples):
        self.env, self.samples = env, samples

    def walk(self):
        """Return the requests of all screens that the user's menus open, and of the others.

        :rtype: list[Request]
        """
        found = list(self._get_others())
        for menu_sudo in self._find_menus().sudo():
            title = menu_sudo.complete_name.split("/", 1)[-1]
            action_sudo = menu_sudo.action
            if action_sudo._name == "ir.actions.client":
                found += self._get_of_tag(title, action_sudo.tag)
            elif action_sudo._name == "ir.actions.act_window":
                values = action_sudo.read(
                    ["res_model", "domain", "context", "view_mode", "views", "search_view_id"]
                )[0]
                found += Screen(self, title, values).get_requests()
        return found

    def _find_menus(self):
        visible = self.env["ir.ui.menu"]._visible_menu_ids()
        ours = self.env["ir.model.data"].sudo().search(
            [("model", "=", "ir.ui.menu"), ("module", "=like", f"{ADDONS}%")]
        )  # fmt: skip
        menus = self.env["ir.ui.menu"].browse(ours.mapped("res_id")).exists()
        return menus.filtered(
            lambda menu: menu.sudo().action
            and visible.issuperset(map(int, menu.sudo().parent_path.split("/")[:-1]))
        )

    def _get_of_tag(self, screen, tag):
        scopes = self.env["call.report"]._get_scopes()
        return [
            Request(screen, "dashboard", ", ".join(arguments).format(scope=scope), model, method,
                    tuple(part.format(scope=scope) for part in arguments))
            for model, method, arguments in OF_TAGS[tag]
            for scope in [value for value, _label in scopes][:2]
        ]  # fmt: skip

    def _get_others(self):
        """Return what no menu opens: the top bar, the card, a call, the contact that calls most."""
        if self.env["call.call"].has_access("read"):
            yield from self._get_of_calls()
        if self.env["res.partner"].has_access("read"):
            yield self.get_form("Contact that calls most", "res.partner", self.samples.contact)

    def _get_of_calls(self):
        is_own_user = self.env.user.has_group(f"{ADDONS}.group_call_handling_own")
        if is_own_user:
            yield Request("Top bar", "top bar", "", "call.call", "get_menu")
            yield Request("Cards", "card", "", "call.call", "get_cards")
            yield Request(
                "Card of a call", "card", "", "call.call", "get_cards", ([self.samples.call],)
            )
            contact = self.env["res.partner"].browse(self.samples.contact)
            for method in ("action_view_calls", "action_view_company_calls"):
                action = getattr(contact, method)()
                yield from Screen(self, f"{method} of contact", action).get_requests(first=True)
        if call := self.env["call.call"].search([], limit=1):
            yield self.get_form("A call", "call.call", call.id)

    def get_form(self, screen, model, record_id):
        """Return the request of a form.

        :rtype: Request
        """
        views = self.env[model].get_views([(False, "form")])
        specification = get_specification(views, model, "form")
        return Request(screen, "form", "", model, "web_read", ([record_id],),
                       {"specification": specification})  # fmt: skip

    def evaluate(self, text, values=()):
        """Return the value of a domain or context of a view or action."""
        if not isinstance(text, str):
            return text or []
        names = {
            "uid": self.env.uid,
            "time": time,
            "datetime": datetime,
            "relativedelta": relativedelta,
            "context_today": lambda: fields.Date.context_today(self.env.user),
            "current_date": fields.Date.to_string(fields.Date.today()),
            "allowed_company_ids": self.env.companies.ids,
            "active_id": self.samples.contact,
            "active_ids": [self.samples.contact],
            "active_model": "res.partner",
        }
        return safe_eval(text.strip() or "[]", names | dict(values))


class Screen:
    """An action of a window: its views, filters, groupings and searches.

    :param Walker walker: whose it is
    :param str title: of the screen
    :param dict action: as of `ir.actions.act_window`
    """

    def __init__(self, walker, title, action):
        self.walker, self.env, self.title = walker, walker.env, title
        self.model = action["res_model"]
        self.context = dict(walker.evaluate(action.get("context") or "{}") or {})
        self.domain = Domain(walker.evaluate(action.get("domain") or "[]"))
        self.types = [mode for _view, mode in action.get("views") or []] or action[
            "view_mode"
        ].split(",")
        views = [tuple(view) for view in action.get("views") or []]
        search = action.get("search_view_id")
        search = search[0] if isinstance(search, list | tuple) else search
        asked = [*(views or [(False, mode) for mode in self.types]), (search or False, "search")]
        self.views = self.env[self.model].with_context(self.context).get_views(asked)
        self.archs = {
            mode: etree.fromstring(view["arch"]) for mode, view in self.views["views"].items()
        }
        self.filters = list(self._read_filters())

    def get_requests(self, first=False):
        """Return what the screen can ask for.

        :param bool first: only what it shows first
        :rtype: list[Request]
        """
        if not self.env[self.model].has_access("read"):
            return []
        domain, groups = self._get_defaults()
        shown = [mode for mode in self.types if mode != "form"]
        found = [self._show(mode, domain, groups, "first" if mode == shown[0] else "view", mode)
                 for mode in shown]  # fmt: skip
        if not first:
            found += self._get_filter_requests(shown[0])
            found += self._get_search_requests(shown[0])
            found += self._get_group_requests()
        return [request for request in found[: 1 if first else None] if request]

    # === THE SEARCH BAR === #

    def _read_filters(self):
        """Return the filters and groupings of the search view: name, set, domain, grouping. Those
        of a set, between two separators, are alternatives."""
        number = 0
        for node in self.archs["search"].iter("filter", "separator", "group"):
            number += node.tag != "filter"
            if node.tag != "filter":
                continue
            context = self.walker.evaluate(node.get("context") or "{}") or {}
            domain = self.walker.evaluate(node.get("domain") or "[]")
            if node.get("date"):
                month = fields.Datetime.to_string(fields.Datetime.now().replace(day=1, hour=0))
                domain = [(node.get("date"), ">=", month)]
            yield node.get("name"), number, Domain(domain), context.get("group_by")

    def _get_defaults(self):
        """Return the domain and the grouping that the action begins with."""
        sets, groups = {}, []
        for name, number, domain, group in self.filters:
            if not self.context.get(f"search_default_{name}"):
                continue
            if group:
                groups.append(group)
            else:
                sets.setdefault(number, []).append(domain)
        return self.domain & Domain.AND(Domain.OR(each) for each in sets.values()), groups

    def _get_searched(self, mode):
        """Return the domain to which filters are added: all of a list, which shows a page of them;
        of a graph or pivot, which counts all of them, the period that it begins with."""
        return self.domain if mode in PAGE else self._get_defaults()[0]

    def _get_filter_requests(self, mode):
        searched = self._get_searched(mode)
        return [
            self._show(mode, searched & domain, [], "filter", name)
            for name, _number, domain, group in self.filters
            if not group
        ]

    def _get_search_requests(self, mode):
        found = []
        for node in self.archs["search"].xpath("//field[not(@invisible)]"):
            name = node.get("string") or node.get("name")
            for what, text in self._get_typed(node):
                if node.get("filter_domain"):
                    typed = {"self": text, "raw_value": text}
                    domain = self.walker.evaluate(node.get("filter_domain"), typed)
                else:
                    domain = [(node.get("name"), node.get("operator", "ilike"), text)]
                domain = self._get_searched(mode) & Domain(domain)
                found.append(self._show(mode, domain, [], "search", f"{name}, {what}"))
        return found

    def _get_typed(self, node):
        """Return what is typed into a field: names of its own records, or everything."""
        described = self.env[self.model]._fields[node.get("name")]
        if described.comodel_name == "res.partner":
            names = ("a name", "a part of a name")
            return [(name, self.samples[name]) for name in names]
        if described.comodel_name and not described.store:
            return []  # such as what defines properties, which is not searched by name
        if described.comodel_name:
            record = self.env[described.comodel_name].sudo().search([], limit=1)
            return [("a name", record.display_name or "x")]
        if node.get("filter_domain") or "number" in node.get("name"):
            return self.samples.items()
        what = {"char": "a part of a name", "text": "words", "html": "words"}.get(described.type)
        return [(what, self.samples[what])] if what else []

    @property
    def samples(self):
        """Return what is typed, by what it is."""
        return self.walker.samples.names

    def _get_group_requests(self):
        mode = next((mode for mode in self.types if mode in ("list", "kanban")), None)
        return [
            self._show(mode, self.domain, [group], "group", name)
            for name, _number, _domain, group in self.filters
            if group and mode and not self._is_of_properties(group)
        ]

    def _is_of_properties(self, group):
        """Return whether it is a grouping for which people choose a property first."""
        return self.env[self.model]._fields[group.split(":")[0]].type == "properties"

    # === VIEWS === #

    def _show(self, mode, domain, groups, kind, name):
        """Return the request of a view for what is found by a domain."""
        prepare = getattr(self, f"_prepare_{mode}", None)
        if not prepare:
            return None
        method, options = prepare(self.archs[mode], list(domain), groups)
        model = "mail.activity" if mode == "activity" else self.model
        context = {k: v for k, v in self.context.items() if not k.startswith("search_default_")}
        return Request(self.title, kind, name, model, method, (), options | {"context": context})

    def _prepare_list(self, arch, domain, groups, mode="list"):
        specification = get_specification(self.views, self.model, mode)
        groups = groups or [arch.get("default_group_by")] * bool(arch.get("default_group_by"))
        limit = int(arch.get("limit") or PAGE[mode])
        if not groups:
            return "web_search_read", {
                "domain": domain, "specification": specification, "limit": limit,
                "order": arch.get("default_order") or "", "count_limit": COUNTED,
            }  # fmt: skip
        return "web_read_group", {
            "domain": domain, "groupby": groups,
            "aggregates": [
                f"{name}:{self.env[self.model]._fields[name].aggregator}"
                for name in specification if self._is_summed(name)
            ],
            "limit": limit, "auto_unfold": mode == "kanban", "opening_info": [],
            "unfold_read_specification": specification, "unfold_read_default_limit": limit,
            "groupby_read_specification": {},
        }  # fmt: skip

    def _prepare_kanban(self, arch, domain, groups):
        return self._prepare_list(arch, domain, groups, "kanban")

    def _prepare_graph(self, arch, domain, groups):
        fields_shown = [node for node in arch.iter("field") if node.get("type") != "measure"]
        return "formatted_read_group", {
            "domain": domain,
            "groupby": groups or [self._get_group(node) for node in fields_shown],
            "aggregates": self._get_measures(arch),
        }

    def _prepare_pivot(self, arch, domain, groups):
        rows = groups or [self._get_group(node) for node in arch.iterfind("field[@type='row']")]
        columns = [self._get_group(node) for node in arch.iterfind("field[@type='col']")]
        sets = [[], rows[:1], columns[:1], [*rows[:1], *columns[:1]]]
        return "formatted_read_grouping_sets", {
            "domain": domain,
            "grouping_sets": [each for place, each in enumerate(sets) if each not in sets[:place]],
            "aggregates": self._get_measures(arch),
        }

    def _prepare_calendar(self, arch, domain, _groups):
        week = fields.Datetime.to_string(fields.Datetime.now() - timedelta(days=7))
        names = get_specification(self.views, self.model, "calendar")
        start = arch.get("date_start")
        return "search_read", {
            "domain": list(Domain(domain) & Domain(start, ">=", week)),
            "fields": [*names, start],
        }

    def _prepare_activity(self, _arch, domain, _groups):
        return "get_activity_data", {
            "res_model": self.model, "domain": domain, "limit": PAGE["activity"], "offset": 0,
            "fetch_done": False,
        }  # fmt: skip

    @staticmethod
    def _get_group(node):
        interval = node.get("interval")
        return f"{node.get('name')}:{interval}" if interval else node.get("name")

    def _get_measures(self, arch):
        names = [node.get("name") for node in arch.iterfind("field[@type='measure']")]
        measures = [f"{name}:{self.env[self.model]._fields[name].aggregator}" for name in names]
        return ["__count", *measures]

    def _is_summed(self, name):
        described = self.env[self.model]._fields[name]
        return (
            described.store
            and described.type in ("integer", "float", "monetary")
            and described.aggregator
        )


def get_specification(views, model, mode):
    """Return what the web client reads for a view.

    :param dict views: as of `get_views`
    :return: as of `web_read`
    :rtype: dict
    """
    arch = etree.fromstring(views["views"][mode]["arch"])
    return _read_fields(arch, views["models"], model)


def _read_fields(arch, models, model):
    described = models[model]["fields"]
    found = {}
    for node in arch.iterfind(".//field"):
        name = node.get("name")
        if name not in described or _get_outer_field(node, arch) is not None:
            continue
        about = described[name]
        found.setdefault(name, {})
        if about["type"] in ("many2one", "reference"):
            found[name]["fields"] = {"display_name": {}}
        elif about["type"] in ("one2many", "many2many"):
            inner = {"display_name": {}} if about["type"] == "many2many" else {}
            subview = next((child for child in node if child.tag in ("list", "kanban")), None)
            if subview is not None and about["relation"] in models:
                inner |= _read_fields(subview, models, about["relation"])
            if inner:
                found[name] |= {"fields": inner, "limit": int(subview.get("limit", 40))
                                if subview is not None else 40}  # fmt: skip
    return found


def _get_outer_field(node, arch):
    """Return the field in whose view a field is, within an arch."""
    for outer in node.iterancestors():
        if outer is arch:
            return None
        if outer.tag == "field":
            return outer
    return None
