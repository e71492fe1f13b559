from odoo import api, models, tools

from ..adapters.numbering import same_numbers
from ..tools import to_e164_all

PHONES = ("mobile_phone", "work_phone", "private_phone")


class HrEmployee(models.Model):
    _name = "hr.employee"
    _inherit = ["hr.employee", "call.count.mixin"]
    _call_link = "employee_id"
    _call_total_is_shown = False  # how much colleagues call is nobody else's business

    # === COMPUTE METHODS === #

    def _compute_work_contact_details(self):
        """Override: the work phone follows the contact's."""
        result = super()._compute_work_contact_details()
        self.env.registry.clear_cache()
        return result

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        employees = super().create(vals_list)
        self.env.registry.clear_cache()
        return employees

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {*PHONES, "active", "company_id", "work_contact_id", "address_id"}:
            self.env.registry.clear_cache()
        if vals.get("user_id"):
            # sudo: whoever manages employees need not see extensions
            of_employees = [("employee_id", "in", self.ids), ("user_id", "=", False)]
            extensions_sudo = self.env["call.extension"].sudo().search(of_employees)
            extensions_sudo.write({"user_id": vals["user_id"]})
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _find_by_phone(self, number, company):
        """Return whose mobile, work or private phone a number is, if it is only one person's.

        :param str number: in E.164, or as sent if it is none
        :param res.company company: in which the call is
        :return: id of the employee
        :rtype: int | bool
        """
        owners = self._get_phone_owners(company.id)
        found = {owner for one in same_numbers(number) for owner in owners.get(one, ())}
        return found.pop() if len(found) == 1 else False

    @api.model
    @tools.ormcache("company_id")
    def _get_phone_owners(self, company_id):
        """Return the employees of a company by their numbers. Cached, since events need it. It is
        never shown: private phones are not everybody's business.

        :return: ids of employees by number in E.164
        :rtype: dict[str, tuple]
        """
        owners = {}
        # sudo: only who it is becomes known, not where the number stands
        for employee_sudo in self.sudo().search([("company_id", "=", company_id)]):
            country = employee_sudo.company_id.country_id.code
            for name in PHONES:
                for number in to_e164_all(employee_sudo[name] or "", country):
                    owners.setdefault(number, set()).add(employee_sudo.id)
        return {number: tuple(sorted(ids)) for number, ids in owners.items()}
