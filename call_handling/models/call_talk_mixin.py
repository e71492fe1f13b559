from collections import defaultdict

from odoo import fields, models

from ..tools import covered_seconds


class CallTalkMixin(models.AbstractModel):
    """Who spoke in a call, and how long. Two people share one that was passed on."""

    _name = "call.talk.mixin"
    _description = "Who Spoke in Calls"

    def _get_talks(self):
        """Who spoke.

        The phones tell it. A person who was chosen by hand and had none of them has spoken
        alone: the phone was not theirs. A length that was corrected by hand is shared out as
        the telephone system told it; who spoke alone has spoken all of it.

        :return: (when it began, seconds) by id of the employee
        :rtype: dict[int, tuple[datetime, int]]
        """
        self.ensure_one()
        if self.outcome != "answered":
            return {}
        shares = self._get_talk_shares()
        by_hand = "user_id" in (self.by_hand or ()) and self.employee_id.id not in shares
        if by_hand or not shares:
            start = self.date_answer or self.date_start
            return {self.employee_id.id: (start, self.talk_seconds)} if self.employee_id else {}
        if len(shares) == 1 and "talk_seconds" in (self.reported or {}):
            shares = {employee_id: (start, 1) for employee_id, (start, _share) in shares.items()}
        return {
            employee_id: (start, round(share * self.talk_seconds))
            for employee_id, (start, share) in shares.items()
        }

    def _get_efforts(self):
        """Who spoke or, of an outgoing call that nobody answered, who let it ring.

        :return: (when it began, seconds) by id of the employee
        :rtype: dict[int, tuple[datetime, int]]
        """
        if self.outcome == "answered" or self.direction != "outgoing" or not self.employee_id:
            return self._get_talks()
        return {self.employee_id.id: (self.date_start, self.wait_seconds)}

    def _get_talk_shares(self):
        """What part of the call each employee spoke. Several phones of one person count once.

        :return: (when it began, part of the whole, at most 1) by id of the employee
        :rtype: dict[int, tuple[datetime, float]]
        """
        answer, end = (self._get_told_date(name) for name in ("date_answer", "date_end"))
        if not answer or not end or end <= answer:
            return {}
        talks = defaultdict(list)
        for leg in self.leg_ids.filtered(lambda leg: leg.user_id and leg.date_answer):
            talk = max(leg.date_answer, answer), min(leg.date_end or end, end)
            if talk[0] < talk[1]:
                talks[leg.user_id.id].append(talk)
        places = self.env["call.assignment"]._get_places(set(talks), self.company_id.id)
        # The call may have been moved in time by hand, its phones are where they were.
        moved = (self.date_answer or self.date_start) - answer
        whole = (end - answer).total_seconds()
        return {
            places[user_id][0]: (min(parts)[0] + moved, covered_seconds(parts) / whole)
            for user_id, parts in talks.items()
            if user_id in places
        }

    def _get_told_date(self, name):
        """A time as the telephone system told it, whatever was corrected by hand."""
        return fields.Datetime.to_datetime((self.reported or {}).get(name, self[name]))
