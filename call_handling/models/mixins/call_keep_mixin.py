from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ...tools import ADMIN
from .call_field_mixin import FIELD_ATTRIBUTES

FLAG = "is_call_kept"
KEEP_FIELDS = frozenset({FLAG, "call_keep_reason"})


class CallKeepMixin(models.AbstractModel):
    """A record whose calls are kept for ever, whatever its company has set.

    Everybody who may read the record sees that, and why. Only administrators of calls decide it;
    the chatter and the audit trail say who has.
    """

    _name = "call.keep.mixin"
    _description = "Record Whose Calls Can Be Kept for Ever"

    is_call_kept = fields.Boolean(
        string="Keep calls for ever",
        copy=False,
        tracking=True,
        groups="base.group_user",
        writable="admin",
        when_joined="any",
        help="Nothing of the calls is deleted because of its age.",
    )
    call_keep_reason = fields.Char(
        string="Why they are kept",
        copy=False,
        tracking=True,
        groups="base.group_user",
        writable="admin",
        when_joined="fill",
        help="For example: legal dispute.",
    )
    call_kept_by_id = fields.Many2one(
        "res.users",
        string="Kept By",
        copy=False,
        readonly=True,
        groups="base.group_user",
        when_joined="fill",
        when_left="kept",
        ondelete="restrict",
    )
    call_kept_on = fields.Datetime(
        string="Kept Since",
        copy=False,
        readonly=True,
        groups="base.group_user",
        when_joined="fill",
    )

    def _valid_field_parameter(self, field, name):
        """Override to accept what the models that inherit from this accept."""
        is_known = name == "tracking" or name in FIELD_ATTRIBUTES
        return is_known or super()._valid_field_parameter(field, name)

    # === CONSTRAINT METHODS === #

    @api.constrains(*KEEP_FIELDS)
    def _check_call_keep_reason(self):
        if any(record[FLAG] and not (record.call_keep_reason or "").strip() for record in self):
            raise ValidationError(self.env._("Enter why the calls are kept for ever."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self._check_may_keep({name for vals in vals_list for name in vals if vals[name]})
        records = super().create(vals_list)
        # sudo: whoever decides it does not write by whom and when
        if kept_sudo := records.sudo().filtered(FLAG):
            kept_sudo.write(self._prepare_kept_values(True))
            self.env["call.audit"]._log("keep", kept_sudo.sudo(False))
        return records

    def write(self, vals):
        news = {name: vals[name] for name in KEEP_FIELDS & vals.keys()}
        changed = self.filtered(lambda r: any(r[name] != value for name, value in news.items()))
        # Another reason does not change who decided it, and when.
        decided = changed.filtered(lambda r: r[FLAG] != news.get(FLAG, r[FLAG]))
        if changed:
            self._check_may_keep(news)
            self.env["call.audit"]._log("keep", changed)
        result = super().write(vals)
        if decided:
            values = self._prepare_kept_values(news[FLAG])
            missing = {name: value for name, value in values.items() if name not in vals}
            super(CallKeepMixin, decided).write(missing)
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _may_keep_calls(self):
        """Return whether the user decides which calls are kept for ever.

        :rtype: bool
        """
        return self.env.su or self.env.user.has_group(ADMIN)

    @api.model
    def _check_may_keep(self, names):
        """:raise AccessError: the user does not decide which calls are kept for ever"""
        if KEEP_FIELDS.intersection(names) and not self._may_keep_calls():
            raise AccessError(
                self.env._("Only administrators of calls decide which calls are kept for ever.")
            )

    @api.model
    def _prepare_kept_values(self, is_kept):
        if not is_kept:
            return {"call_kept_by_id": False, "call_kept_on": False}
        return {"call_kept_by_id": self.env.uid, "call_kept_on": fields.Datetime.now()}
