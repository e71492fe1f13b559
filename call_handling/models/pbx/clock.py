from odoo import fields, models
from odoo.tools import SQL

from ...tools.rate_limit import RateLimit
from .findings import Finding
from .severity import DANGER, WARNING

DIFFERS = 30  # seconds; less is usual between machines that are not synchronised
REFUSED = 300  # seconds; events whose signature is older are refused
MEANT = 10  # seconds; smaller changes are those of the network

# Two senders of one system may have different clocks.
CHANGES = RateLimit(burst=2, per_minute=1)


class CallPbx(models.Model):
    """Whether the clock of who sends the events is right: the times of calls come from it."""

    _inherit = "call.pbx"

    clock_offset = fields.Integer(
        string="Clock Difference",
        readonly=True,
        copy=False,
        help="Seconds by which the clock of the sender is ahead of this server's. Zero if it is "
        "right, or unknown.",
    )
    clock_date = fields.Datetime(string="Clock Compared On", readonly=True, copy=False)

    def _note_clock(self, offset):
        """Store a difference of the sender's clock, if it has changed.

        In plain SQL: it must not wait for, nor be lost by, other changes of the record.

        :param float offset: seconds by which it is ahead; ``None`` if it is not known
        """
        self.ensure_one()
        if offset is None:
            return
        seconds = 0 if abs(offset) <= DIFFERS else round(offset)
        change = abs(seconds - self._get_cached(self.id).clock_offset)
        if change < MEANT or CHANGES.take((self.env.cr.dbname, self.id)):
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE call_pbx
                   SET clock_offset = %s, clock_date = now() AT TIME ZONE 'UTC'
                 WHERE id = %s
                """,
                seconds,
                self.id,
            )
        )
        self.invalidate_recordset(["clock_offset", "clock_date"])
        # in all workers, when this is committed
        self.env.registry.clear_cache()

    # === FINDINGS === #

    def _get_finding_names(self):
        return [*super()._get_finding_names(), "clock"]

    def _find_clock(self):
        if not self.clock_offset:
            return None
        values = {"name": self.name, "length": self._write_length(abs(self.clock_offset))}
        if self.clock_offset > 0:
            text = self.env._(
                "The clock of %(name)s, or of its relay, is %(length)s ahead of this server's. The "
                "times of calls are wrong by as much.",
                **values,
            )
        else:
            text = self.env._(
                "The clock of %(name)s, or of its relay, is %(length)s behind this server's. The "
                "times of calls are wrong by as much.",
                **values,
            )
        if abs(self.clock_offset) > REFUSED:
            refused = self.env._("Its events are refused until the clock that is wrong is set.")
            return Finding("clock", DANGER, f"{text} {refused}")
        advice = self.env._("Have both set by the network (NTP).")
        return Finding("clock", WARNING, f"{text} {advice}")

    def _write_length(self, seconds):
        minutes, rest = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return self.env._("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)
        if minutes:
            return self.env._("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=rest)
        return self.env._("%s s", rest)
