from datetime import datetime, timedelta

from .common import CallCommon

NUMBER = "+12025550142"


class CallTimeCommon(CallCommon):
    """A project with timesheets, and a category that logs calls on them automatically."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.category = cls.env["call.category"].create({"name": "Hotline", "make_timesheet": True})
        cls.project, cls.other_project = cls.env["project.project"].create(
            [
                {
                    "name": name,
                    "company_id": cls.company.id,
                    "allow_timesheets": True,
                    "privacy_visibility": "employees",
                }
                for name in ("Help Desk", "Website")
            ]  # fmt: skip
        )
        cls.task, cls.other_task = cls.env["project.task"].create(
            [
                {"name": "Printer", "project_id": cls.project.id},
                {"name": "Scanner", "project_id": cls.project.id},
            ]
        )
        cls.line = cls.env["call.line"].create(
            {
                "name": "Hotline",
                "number": "+493023125610",
                "project_id": cls.project.id,
                "category_id": cls.category.id,
            }
        )
        cls.employee_alice = cls._employee(cls.alice)
        cls.employee_bob = cls._employee(cls.bob)
        timesheets = cls.env.ref("hr_timesheet.group_hr_timesheet_user")
        (cls.alice | cls.bob | cls.lead).write({"group_ids": [(4, timesheets.id)]})
        cls.boss.write({"group_ids": [(4, cls.env.ref("project.group_project_manager").id)]})

    @classmethod
    def _employee(cls, user):
        return user.with_company(cls.company).employee_id.sudo()

    def _run_pending_jobs(self):
        self._run_scheduled_action("ir_cron_run_jobs")

    def _answered_call(self, ref="c1", seconds=60, start="2026-11-23T10:00:00", **values):
        """Log a call that Alice answers, and run the pending jobs."""
        phone = {"call": ref, "leg": f"{ref}-101", "extension": "101"}
        ringing = {"event": "ringing", "direction": "incoming", "from": NUMBER,
                   "to": "+493023125610", "at": f"{start}Z"}  # fmt: skip
        self._send_events(
            phone | ringing | values,
            phone | {"event": "answered", "at": f"{start}Z"},
            {"call": ref, "event": "ended", "at": self._later(start, seconds)},
        )
        self._run_pending_jobs()
        return self._call(ref)

    def _transferred_call(self, ref="t1", first=120, second=180, **values):
        """Log a call that Alice answers and transfers to Bob, and run the pending jobs."""
        alice = {"call": ref, "leg": f"{ref}-101", "extension": "101"}
        bob = {"call": ref, "leg": f"{ref}-102", "extension": "102"}
        start = "2026-11-23T10:00:00"
        transferred = self._later(start, first)
        self._send_events(
            alice | {"event": "ringing", "direction": "incoming", "from": NUMBER,
                     "to": "+493023125610", "at": f"{start}Z"} | values,
            alice | {"event": "answered", "at": f"{start}Z"},
            alice | {"event": "transferred", "at": transferred},
            bob | {"event": "ringing", "at": transferred},
            alice | {"event": "ended", "at": transferred},
            bob | {"event": "answered", "at": transferred},
            {"call": ref, "event": "ended", "at": self._later(start, first + second)},
        )  # fmt: skip
        self._run_pending_jobs()
        return self._call(ref)

    @staticmethod
    def _later(moment, seconds):
        return (datetime.fromisoformat(moment) + timedelta(seconds=seconds)).isoformat() + "Z"

    def _minutes(self, call):
        """Return the logged minutes by login."""
        lines = call.sudo().timesheet_ids
        return {line.employee_id.name: round(line.unit_amount * 60, 4) for line in lines}
