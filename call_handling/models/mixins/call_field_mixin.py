from odoo import api, models, tools

# What a field can say about itself, beside Odoo's own attributes. Addons use them for their own
# fields in the same way. Code asks `_get_fields_with`; there are no lists of field names.
FIELD_ATTRIBUTES = {
    # On calls and legs
    "reported": "The telephone system reports it: events write the value that the fold has under "
    "the same name. People cannot change it on a call that a telephone system logged.",
    "correctable": "A reported field that the person of the call may correct nevertheless. What "
    "was reported is kept beside the correction.",
    "app_only": "Only the app itself writes it.",
    "manual_wins": "Filled in automatically, but never overwritten once a person has set it.",
    "when_private": "What remains of it when a call becomes private: `keep`, `mask` (the last two "
    "digits of a number), or `update` (kept, and later events go on updating it). Every other "
    "field gets the value that a new call would have.",
    "when_joined": "How the value is joined when several calls turn out to be one: `any` (of "
    "flags), `all` (lists or dicts are put together), `drop` (it is computed again). Every other "
    "field is taken over if a person has set it, or if it has no attribute and the call no value.",
    "card": "Whether the card shows it: `line` (a line of its own, read-only), `input` (people "
    "write it there), or `content` (part of what the card shows). A change refreshes the card.",
    "updates_timesheet": "The timesheet lines of the call follow a change by a person at once.",
    # On links from a call to what was created from it
    "follow_up": "Name of the kind of follow-up that the link leads to.",
    "follow_up_group": "External id of the group whose members create such follow-ups.",
    "candidates_for": "Name of the link whose possible records this field offers.",
    # On rules
    "sets_call": "A rule sets the field of the same name on calls.",
    "job": "Name of the job that a rule has done for calls if the field is set.",
}


class CallFieldMixin(models.AbstractModel):
    """Lets fields of a model say about themselves what the app does with them."""

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
