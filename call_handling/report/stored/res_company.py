from odoo import models
from odoo.tools import SQL

OF_PEOPLE = ("call_report_day", "call_part_report_day")


class ResCompany(models.Model):
    _inherit = "res.company"

    def write(self, vals):
        """Override: where no figures per person are wanted, none are stored. The days have been
        marked by the change, and are added up again without people."""
        result = super().write(vals)
        if vals.get("call_figures_per_person") is False:
            self.flush_recordset(["call_figures_per_person"])
            for table in OF_PEOPLE:
                self.env.cr.execute(
                    SQL(
                        "DELETE FROM %s WHERE company_id = ANY(%s)",
                        SQL.identifier(table),
                        self.ids,
                    )
                )
        return result
