from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.call_handling.tests.common_reports import ReportsCommon

NAMES = ("kpi_call_offered", "kpi_call_answer_rate", "kpi_call_missed", "kpi_call_on_time")


@tagged("post_install", "-at_install")
class TestDigest(ReportsCommon):
    """Everybody gets the figures of the calls that they see."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        values = {"name": "Digest", "company_id": cls.company.id} | dict.fromkeys(NAMES, True)
        cls.digest = cls.env["digest.digest"].create(values)

    def _read_digest(self, user):
        """Return yesterday's figures in the digest of a user, by name."""
        self.env.flush_all()
        kpis = self.digest._compute_kpis(self.company, user)
        return {kpi["kpi_name"]: kpi["kpi_col1"]["value"] for kpi in kpis if kpi["kpi_col1"]}

    @freeze_time("2026-11-24 08:00:00")
    def test_everybody_gets_the_figures_of_their_calls(self):
        self._incoming(talk=60, phones=("101",))
        self._incoming(talk=60, phones=("104",))
        self._incoming(wait=30, phones=("104",), number="+12025550142")
        self._incoming("11:00:00", talk=60, phones=("104",), number="+12025550142")
        figures = self._read_digest(self.boss)
        self.assertEqual([figures[name] for name in NAMES], [4, "75.00", 1, 1])
        self.assertEqual(self._read_digest(self.alice)["kpi_call_offered"], 1)

    @freeze_time("2026-11-24 08:00:00")
    def test_who_has_no_role_for_calls_gets_none_of_their_figures(self):
        self._incoming(talk=60)
        nobody = new_test_user(
            self.env, "nobody", "base.group_user",
            company_id=self.company.id, company_ids=[(6, 0, self.company.ids)],
        )  # fmt: skip
        self.assertFalse(self._read_digest(nobody).keys() & set(NAMES))
