from odoo import api, fields, models
from odoo.tools import SQL

from ...adapters.states import PhoneState

REPORTED = tuple(choice for choice in PhoneState.choices() if choice[0] != PhoneState.DND)


class CallPhoneState(models.Model):
    """What a telephone system has last reported about a phone, one row for each extension.

    It says what people do at this moment: colleagues get what is still true from
    `call.extension._get_states`. Nothing of the past is kept.
    """

    _name = "call.phone.state"
    _description = "State of a Phone"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "extension_id"
    _rec_name = "extension_id"
    _log_access = False
    _has_data_of_calls = False

    extension_id = fields.Many2one("call.extension", required=True, ondelete="cascade")
    state = fields.Selection(REPORTED)
    date = fields.Datetime(string="Since")
    is_dnd = fields.Boolean(string="Do Not Disturb")
    date_dnd = fields.Datetime(string="Known Since", help="When do not disturb was switched.")

    _extension_uniq = models.UniqueIndex("(extension_id)", "This phone has a state already.")

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_states(self, intake, messages):
        """Store what the telephone system reports about its phones, and inform open screens. Of
        several reports the newest counts, in whatever order they arrive. Phones that were not
        entered as extensions are ignored.

        :param intake.Intake intake: of the telephone system
        :param list messages: each an `adapters.base.Message`
        """
        if not self.env["res.company"]._shows_phone_states(intake.company.id):
            return
        reports = [report for message in messages for report in message.states]
        newest = self._find_newest(intake.pbx, reports)
        if newest and self._store(newest):
            intake.pbx._notify_phones()

    @api.model
    def _find_newest(self, pbx, reports):
        """Return the newest reports of each kind about each phone.

        :param call.pbx pbx: the telephone system
        :param list reports: each an `adapters.states.PhoneReport`
        :return: since when, and what, by name of the field, by extension
        :rtype: dict[int, dict[str, tuple]]
        """
        phones = self.env["call.extension"].search([("pbx_id", "=", pbx.id)])
        ids = {phone.number.lower(): phone.id for phone in phones}
        newest = {}
        for report in reports:
            if extension_id := ids.get(report.phone.lower()):
                known, at = newest.setdefault(extension_id, {}), report.at.replace(tzinfo=None)
                for name, value in _read(report):
                    if value is not None:
                        known[name] = max(known.get(name, (at, value)), (at, value))
        return newest

    @api.model
    def _store(self, newest):
        """Store reports, unless newer ones are stored. In one statement: reports that arrive at
        the same time must not overtake each other.

        :param dict newest: as :meth:`_find_newest` returns it
        :return: whether something was newer
        :rtype: bool
        """
        nothing = (None, None)
        rows = [
            SQL(
                "(%s, %s, %s, %s, %s)",
                extension_id,
                *known.get("state", nothing),
                *known.get("is_dnd", nothing),
            )
            for extension_id, known in sorted(newest.items())  # no two wait for each other
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO call_phone_state AS known (extension_id, date, state, date_dnd, is_dnd)
                SELECT new.extension_id::int, new.date::timestamp, new.state::varchar,
                       new.date_dnd::timestamp, new.is_dnd::boolean
                  FROM (VALUES %s) AS new (extension_id, date, state, date_dnd, is_dnd)
                ON CONFLICT (extension_id) DO UPDATE SET
                    state = CASE WHEN %s THEN excluded.state ELSE known.state END,
                    date = CASE WHEN %s THEN excluded.date ELSE known.date END,
                    is_dnd = CASE WHEN %s THEN excluded.is_dnd ELSE known.is_dnd END,
                    date_dnd = CASE WHEN %s THEN excluded.date_dnd ELSE known.date_dnd END
                    WHERE %s OR %s
                RETURNING extension_id
                """,
                SQL(", ").join(rows),
                *[_NEWER["date", "state"]] * 2,
                *[_NEWER["date_dnd", "is_dnd"]] * 2,
                *_NEWER.values(),
            )
        )
        self.invalidate_model()
        return bool(self.env.cr.fetchall())


def _read(report):
    """Return what a report says, by field. ``None``: nothing."""
    state = report.state and report.state.value
    return ("state", state), ("is_dnd", report.is_dnd)


def _newer(date, value):
    """Return the condition that a report is newer than what is known. Of two reports of the same
    moment it is always the same one."""
    return SQL(
        "(excluded.%(date)s IS NOT NULL AND (known.%(date)s IS NULL OR"
        " (excluded.%(date)s, excluded.%(value)s) > (known.%(date)s, known.%(value)s)))",
        date=SQL.identifier(date),
        value=SQL.identifier(value),
    )


_NEWER = {pair: _newer(*pair) for pair in (("date", "state"), ("date_dnd", "is_dnd"))}
