from odoo import api, fields, models, tools
from odoo.fields import Domain

from ..adapters.numbering import same_numbers
from ..tools import to_e164_all

PHONES = ("mobile_phone", "work_phone", "private_phone")
PLACES = ("company_id", "work_contact_id", "address_id", "department_id", "user_id")


class HrEmployee(models.Model):
    _name = "hr.employee"
    _inherit = ["hr.employee", "call.count.mixin"]
    _call_link = "employee_id"
    _call_total_is_shown = False  # how much colleagues call is nobody else's business

    call_extension_label = fields.Char(
        string="Extension",
        compute="_compute_call_extension_label",
        groups="hr.group_hr_user",
        help="The phones of the employee, or of the employee's user.",
    )

    # === COMPUTE METHODS === #

    def _compute_work_contact_details(self):
        """Override: the work phone follows the contact's."""
        result = super()._compute_work_contact_details()
        self.env.registry.clear_cache()
        return result

    @api.depends("user_id")
    def _compute_call_extension_label(self):
        owned = Domain("employee_id", "in", self.ids) | Domain("user_id", "in", self.user_id.ids)
        # sudo: whose phone is whose is not confidential among colleagues
        phones_sudo = self.env["call.extension"].sudo().search(owned)
        for employee in self:
            own = phones_sudo.filtered(lambda phone, employee=employee: phone._is_of(employee))
            employee.call_extension_label = ", ".join(own.mapped("number"))

    # === ACTION METHODS === #

    def action_archive(self):
        """Override to ask who takes over the phones, own numbers and open callbacks. If HR asks
        about the departure, it is asked after that."""
        handover = self.env["call.handover"]
        leaving = self.filtered("active")
        if len(leaving) != 1 or self.env.context.get("no_wizard"):
            handover = handover._prepare_for_employees(leaving)
        return handover._then_open(super().action_archive())

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        employees = super().create(vals_list)
        self.env.registry.clear_cache()
        return employees

    def write(self, vals):
        """Override: phones follow their employee, who may become a user. Who leaves or returns:
        see `resource.resource`."""
        # sudo: whoever manages employees need not see extensions
        phones_sudo = self.env["call.extension"].sudo()
        if "user_id" in vals:
            own = phones_sudo.search([("employee_id", "in", self.ids)])
            phones_sudo = own.filtered(
                lambda phone: phone.user_id in (phone.user_id.browse(), phone.employee_id.user_id)
            )
        result = super().write(vals)
        # which calls a lead sees depends on the department, too, and Odoo remembers it
        if vals.keys() & {*PHONES, *PLACES}:
            self.env.registry.clear_cache()
        if phones_sudo:
            phones_sudo.write({"user_id": vals["user_id"]})
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
