from datetime import datetime, timedelta

from .common import CallCommon

NUMBER = "+12025550142"


class CallTimeCommon(CallCommon):
    """A project with timesheets, and a category that puts calls on them by itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.category = cls.env["call.category"].create({"name": "Hotline", "make_timesheet": True})
        cls.project, cls.other_project = cls.env["project.project"].create(
            [
                {"name": "Help Desk", "company_id": cls.company.id, "allow_timesheets": True},
                {"name": "Website", "company_id": cls.company.id, "allow_timesheets": True},
            ]
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

    def _spoken(self, ref="c1", seconds=60, start="2026-11-23T10:00:00", **values):
        """An answered call of Alice's that the scheduled action has put on timesheets."""
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

    def _transferred(self, ref="t1", first=120, second=180, **values):
        """A call that Alice answers and passes on to Bob."""
        alice = {"call": ref, "leg": f"{ref}-101", "extension": "101"}
        bob = {"call": ref, "leg": f"{ref}-102", "extension": "102"}
        start = "2026-11-23T10:00:00"
        passed = self._later(start, first)
        self._send_events(
            alice | {"event": "ringing", "direction": "incoming", "from": NUMBER,
                     "to": "+493023125610", "at": f"{start}Z"} | values,
            alice | {"event": "answered", "at": f"{start}Z"},
            alice | {"event": "transferred", "at": passed},
            bob | {"event": "ringing", "at": passed},
            alice | {"event": "ended", "at": passed},
            bob | {"event": "answered", "at": passed},
            {"call": ref, "event": "ended", "at": self._later(start, first + second)},
        )  # fmt: skip
        self._run_pending_jobs()
        return self._call(ref)

    @staticmethod
    def _later(moment, seconds):
        return (datetime.fromisoformat(moment) + timedelta(seconds=seconds)).isoformat() + "Z"

    def _minutes(self, call):
        """Minutes on timesheets by login."""
        lines = call.sudo().timesheet_ids
        return {line.employee_id.name: round(line.unit_amount * 60, 4) for line in lines}
