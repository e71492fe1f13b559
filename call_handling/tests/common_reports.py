from datetime import datetime, timedelta

from .common import CallCommon

LINE = "+493023125610"


class ReportsCommon(CallCommon):
    """Days of calls, written out by hand. The company works in Berlin, where it is an hour later
    than in the times of the events."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.tz = "Europe/Berlin"
        cls.line = cls.env["call.line"].create({"name": "Hotline", "number": LINE})
        cls.count = 0

    @classmethod
    def _incoming(cls, at="10:00:00", *, wait=5, talk=0, cause="no_answer", phones=("101",),
                  number=None, day="2026-11-23", **values):  # fmt: skip
        """Log an incoming call that rings at phones, and that the first of them answers if there is
        a talk time.

        :param str at: UTC
        :param int wait: seconds until it was answered or ended
        """
        cls.count += 1
        ref = f"r{cls.count}"
        number = number or f"+1202555{100 + cls.count:04}"
        start = datetime.fromisoformat(f"{day}T{at}")
        until = start + timedelta(seconds=wait)
        legs = [{"leg": f"{ref}-{phone}", "extension": phone} for phone in phones]
        call = {"call": ref, "direction": "incoming", "from": number, "to": LINE, "line": LINE}
        begin = call | values | {"event": "ringing", "at": f"{start.isoformat()}Z"}
        events = [begin | leg for leg in legs] or [begin]
        if talk:
            events.append(
                {"call": ref, "event": "answered", "at": f"{until.isoformat()}Z"} | legs[0]
            )
            until += timedelta(seconds=talk)
            cause = "normal"
        events.append(
            {"call": ref, "event": "ended", "cause": cause, "at": f"{until.isoformat()}Z"}
        )
        cls._send_events(*events)
        return cls._call(ref)

    def _read(self, names, model="call.report", domain=(), groupby=(), user=None):
        """Return figures as graphs and pivot tables get them.

        :param str names: of measures
        :return: a dict by measure, or of each group
        """
        self.env.flush_all()
        report = self.env[model].with_user(user or self.boss)
        aggregators = {n: report._fields[n].aggregator or "sum" for n in names.split()}
        specs = [f"{name}:{aggregator}" for name, aggregator in aggregators.items()]
        domain = [("company_id", "=", self.company.id), *domain]
        groups = report.formatted_read_group(domain, groupby, specs)
        figures = [
            {name: self._round(group[f"{name}:{aggregators[name]}"]) for name in aggregators}
            for group in groups
        ]
        if not groupby:
            return figures[0]
        return {
            self._label(group[groupby[0]]): of for group, of in zip(groups, figures, strict=True)
        }

    @staticmethod
    def _round(value):
        return round(value, 4) if isinstance(value, float) else value

    @staticmethod
    def _label(value):
        return value[1] if isinstance(value, tuple | list) else value
