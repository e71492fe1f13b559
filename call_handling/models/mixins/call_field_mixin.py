from collections.abc import Collection

from odoo import SUPERUSER_ID, api, models, tools
from odoo.exceptions import AccessError

from ...tools import ADMIN, check_date, public_method

# What a field can say about itself, beside Odoo's own attributes. Addons use them for their own
# fields in the same way. Code asks `_get_fields_with`; there are no lists of field names.
FIELD_ATTRIBUTES = {
    # On all models
    "writable": "Who may write it: `user` (whoever may write the record), `create` (the same, but "
    "only in a new record), `manual` (the same, but of a logged call only as a correction), "
    "`admin` (administrators of calls). Nobody but the app writes a field of ours without it.",
    "unit": "Of a number: `seconds` if it is a duration, `share` if it is one. Graphs, pivot "
    "tables and exports show hours, minutes and seconds, or percent.",
    "ratio": "Of a measure of a report: the names of two others. It is the sum of the first one, "
    "divided by the sum of the second one.",
    "days_ahead": "How far ahead a date may be that people write; a hundred years without it. None "
    "is earlier than the year 2000.",
    # On calls and legs
    "reported": "The telephone system reports it: events write the value that the fold has under "
    "the same name. People cannot change it on a call that a telephone system logged.",
    "read_by_settings": "A reported field that also depends on extensions and on how numbers are "
    "written: a change of these changes no recorded value.",
    "correctable": "A reported field that the person of the call may correct nevertheless. What "
    "was reported is kept beside the correction.",
    "manual_wins": "Filled in automatically, but never overwritten once a person has set it.",
    "when_private": "What remains of it when a call becomes private: `keep`, `mask` (the last two "
    "digits of a number), or `update` (kept, and later events go on updating it). Every other "
    "field gets the value that a new call would have.",
    "when_anonymized": "`keep`: it remains when a call is anonymized, because it does not say with "
    "whom the call was. Every other field gets the value that a new call would have.",
    "when_joined": "How the value is joined when several calls turn out to be one: `any` (of "
    "flags), `all` (lists or dicts are put together), `fill` (taken over if the call has none), "
    "`drop` (it is computed again). Every other field is taken over if a person has set it, or if "
    "it is another addon's and the call has no value.",
    "card": "Whether the card shows it: `line` (a line of its own, read-only), `input` (people "
    "write it there), or `content` (part of what the card shows). A change refreshes the card.",
    "updates_timesheet": "The timesheet lines of the call follow a change by a person at once.",
    # On links from a call to what was created from it
    "follow_up": "Name of the kind of follow-up that the link leads to.",
    "follow_up_group": "External id of the group whose members create such follow-ups.",
    "candidates_for": "Name of the link whose possible records this field offers.",
    # On links to users and employees
    "when_left": "What becomes of it when the person is archived: `kept` (it says what was), "
    "`released` (others take over what is open), `own` (nobody else's business), or the name of "
    "the check that warns administrators; see `models/pbx/findings.py`.",
    # On lines about calls
    "of_call": "Name of the field of the call whose value it has, for whoever may read the call; "
    "see `call.time.line.mixin`.",
    # On settings
    "audit": "Name of the act that the audit trail has for a change of it.",
    # On rules
    "sets_call": "A rule sets the field of the same name on calls.",
    "job": "Name of the job that a rule has done for calls if the field is set.",
}


class CallFieldMixin(models.AbstractModel):
    """Lets fields of a model say about themselves what the app does with them, and who may write
    them.

    Only our fields are restricted: those that one of :meth:`_get_strict_addons` was the first to
    define, whatever other addon changes them later, and in whatever model they are inherited.
    Other fields follow their own attributes, unless they have ``writable``.
    """

    _name = "call.field.mixin"
    _description = "Fields with Attributes of Calls"

    def _valid_field_parameter(self, field, name):
        """Override to accept the attributes of :data:`FIELD_ATTRIBUTES`."""
        return name in FIELD_ATTRIBUTES or super()._valid_field_parameter(field, name)

    @api.model
    @tools.ormcache("attribute", "value")
    def _get_fields_with(self, attribute, value=None):
        """Return the names of the fields that have an attribute.

        :param str attribute: one of :data:`FIELD_ATTRIBUTES`
        :param value: only fields whose attribute has this value
        :rtype: tuple[str]
        """
        return tuple(
            name
            for name, field in self._fields.items()
            if (given := getattr(field, attribute, None)) and value in (None, given)
        )

    # === WHO MAY WRITE === #

    @api.model
    def _get_strict_addons(self):
        """Return the addons whose fields nobody but the app writes, unless they say otherwise.
        Override to add an addon.

        :rtype: set[str]
        """
        return {"call_handling"}

    @api.model
    @tools.ormcache()
    def _get_restricted_fields(self):
        """Return who may write each of the fields that are restricted.

        :return: values of the attribute ``writable`` by name; ``None``: only the app
        :rtype: dict[str, str | None]
        """
        addons = self._get_strict_addons()
        restricted = {}
        for name, field in self._fields.items():
            who = getattr(field, "writable", None)
            if field.related and "writable" not in (field._args__ or {}):
                who = None  # what it leads to has it
            # the addon that was the first to define the field comes first
            if who or addons.intersection(field._modules[:1]):
                restricted[name] = who
        return {n: who for n, who in restricted.items() if n not in models.MAGIC_COLUMNS}

    @api.model
    @tools.ormcache("is_new", "is_admin")
    def _get_fields_closed_for(self, is_new, is_admin):
        open_for = {"user", "manual"} | ({"create"} if is_new else set())
        open_for |= {"admin"} if is_admin else set()
        restricted = self._get_restricted_fields().items()
        return frozenset(name for name, who in restricted if who not in open_for)

    @api.model
    def _get_closed_fields(self, is_new=False):
        """Return the restricted fields that the current user may not write.

        :param bool is_new: in a new record
        :rtype: frozenset[str]
        """
        return self._get_fields_closed_for(is_new, self.env.user.has_group(ADMIN))

    @api.model
    def _check_writable(self, names, is_new=False):
        """Check that the current user may write these fields at all. The app itself may.

        :param names: of fields
        :param bool is_new: in a new record
        :raise AccessError: one of them is closed for this user
        """
        if self.env.su:
            return
        if closed := self._get_closed_fields(is_new).intersection(names):
            raise AccessError(
                self.env._(
                    "These fields are filled in automatically, or by an administrator of calls, "
                    "and you cannot write them: %s. Leave them out.",
                    ", ".join(sorted(closed)),
                )
            )

    @api.model
    @tools.ormcache()
    def _get_bounded_dates(self):
        """Return the names of the dates that people write, each of which is checked.

        :rtype: frozenset[str]
        """
        return frozenset(
            name
            for name, who in self._get_restricted_fields().items()
            if who and self._fields[name].type in ("date", "datetime")
        )

    @api.model
    def _check_dates(self, vals):
        """Check the dates that people write. What telephone systems report is not refused.

        :param dict vals: to be written
        :raise UserError: no such date can be meant
        """
        if not self.env.su:
            for name in self._get_bounded_dates().intersection(vals):
                check_date(self, name, vals[name])

    # === SCREENS === #

    @api.model
    def _get_view_field_attributes(self):
        """Override: views format numbers by their unit."""
        return [*super()._get_view_field_attributes(), "unit"]

    # === CRUD METHODS === #

    @public_method()
    @api.model
    def default_get(self, fields: Collection[str]):
        """Override: a default that somebody has chosen, in the context or in *User-defined
        Defaults*, is written like any other value. What the app creates on behalf of a user
        takes none of them: the app says what it creates."""
        if not self.env.su:
            closed = self._get_closed_fields(is_new=True)
        elif self.env.uid != SUPERUSER_ID:
            closed = self._get_restricted_fields().keys()
        else:
            closed = ()
        defaults = super().default_get([name for name in fields if name not in closed])
        self._check_dates(defaults)
        for name in fields:
            field = self._fields.get(name)
            if name in closed and field.default:
                value = field.convert_to_cache(field.default(self), self, validate=False)
                defaults[name] = field.convert_to_write(value, self)
        return defaults

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Override: screens and the import do not offer what the user may not write, and screens
        know the units of numbers."""
        result = super().fields_get(allfields, attributes)
        if attributes is None or "readonly" in attributes:
            for name in self._get_closed_fields(is_new=True).intersection(result):
                result[name]["readonly"] = True
        if attributes is None or "unit" in attributes:
            for name in set(self._get_fields_with("unit")).intersection(result):
                result[name]["unit"] = self._fields[name].unit
        return result

    def copy_data(self, default=None):
        """Override: a copy has what the user may write, and otherwise is like a new record."""
        copies = super().copy_data(default)
        if self.env.su:
            return copies
        closed = self._get_closed_fields(is_new=True).difference(default or ())
        return [
            {name: value for name, value in values.items() if name not in closed}
            for values in copies
        ]
