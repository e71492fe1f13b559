import logging
import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...adapters.api import ApiError
from ...adapters.base import Dial
from ...adapters.numbering import Numbering, same_numbers
from ...tools import digits, is_stored, log_failure, public_method, read_typed, readable

_logger = logging.getLogger(__name__)

SHORT_NUMBER = re.compile(r"[\d*#]{2,6}")  # of a colleague, a group, a function of the system
FOUND = 8  # contacts
SHORTEST = 3  # characters that a search needs
LINKED = timedelta(minutes=5)  # how long after the click the call may begin
SAME_CALL = timedelta(minutes=1)  # a call of the same phone to the same number is the one meant


class CallDial(models.Model):
    """A click on a number: who wants to call whom, and from which record.

    It is stored before the telephone system is asked. So the call knows its record, whichever
    comes first: the telephone system's events or its answer.
    """

    _name = "call.dial"
    _description = "Dialled Number"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "id desc"
    _rec_name = "number"

    user_id = fields.Many2one("res.users", required=True, ondelete="cascade", when_left="kept")
    pbx_id = fields.Many2one(
        "call.pbx", string="Telephone System", required=True, ondelete="cascade"
    )
    extension = fields.Char(required=True)
    number = fields.Char(required=True)
    partner_id = fields.Many2one("res.partner", string="Contact", ondelete="set null")
    res_model = fields.Char(string="Model of the Record")
    res_id = fields.Many2oneReference(string="Dialled From", model_field="res_model")
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    call_ref = fields.Char(string="Call Reference", help="The telephone system's id of the call.")
    call_ids = fields.One2many("call.call", "dial_id")

    _pbx_date_idx = models.Index("(pbx_id, date)")
    _record_idx = models.Index("(res_model, res_id) WHERE res_model IS NOT NULL")

    # === ACTION METHODS === #

    @public_method()
    @api.model
    def prepare(
        self,
        number: str,
        res_model: str | None = None,
        res_id: int | None = None,
        confirmed: bool = False,
    ):
        """Determine whether and how a number can be dialled, and store that it will be.

        :param str number: as it is written somewhere
        :param res_model: model of the record on which it was clicked
        :param res_id: the record
        :param bool confirmed: the user wants it although the number is on a do-not-call list
        :return: ``state`` is ``ready`` (with ``id``), ``link`` (with ``href``), ``ask`` or
            ``failed`` (with ``message``)
        :rtype: dict
        """
        self.env["call.call"].check_access("create")
        systems = self._get_dialling_systems()
        if not systems:
            return {"state": "link", "href": f"tel:{re.sub(r'[^0-9+*#]', '', number)}"}
        phone = self._get_own_phone(systems)
        if not phone:
            return self._fail(
                self.env._(
                    "You have no phone that can dial. Ask an administrator of calls to enter your "
                    "extension."
                )
            )
        record = self._get_clicked(res_model, res_id)
        target = self._get_target(number, phone.pbx_id, record)
        if not target:
            return self._fail(self.env._("%s is not a valid telephone number. Correct it.", number))
        if not confirmed and self._is_on_do_not_call_list(target):
            return {"state": "ask", "message": self._get_warning(target)}
        # sudo: users may only read what they have dialled
        dial_sudo = self.sudo().create(self._prepare_values(phone, target, record))
        return {"state": "ready", "id": dial_sudo.id}

    @public_method(one=True)
    def start(self):
        """Have the telephone system ring the own phone, and then the number.

        :return: ``state`` is ``dialling`` or ``failed``, with a ``message``; for a simulated
            telephone system with what will happen
        :rtype: dict
        """
        self.check_access("read")
        # sudo: the telephone system is asked with its own secrets
        adapter = self.sudo().pbx_id._get_adapter()
        try:
            dialled = adapter.originate(Dial(self.extension, self.number))
        except ApiError as error:
            return self._fail(self.sudo().pbx_id._explain_api_error(error))
        except Exception as error:
            log_failure(_logger, "Dialling failed", error, logging.INFO)
            return self._fail(self._explain(error))
        # sudo: as above
        self.sudo().call_ref = dialled.call
        if dialled.command:
            self.env["call.command"]._ask(self.pbx_id, dialled.command, dial_id=self.id)
        return {
            "state": "dialling",
            "message": self._get_progress(),
            "pbx_id": self.pbx_id.id,
            "script": dialled.script,
        }

    @public_method()
    @api.model
    @api.readonly
    def find(self, term: str):
        """Find contacts and colleagues by name, number or extension.

        :param str term: a part of it
        :rtype: list[dict]
        """
        self.env["call.call"].check_access("read")
        if len(term.strip()) < SHORTEST:
            return []
        domain = Domain("complete_name", "ilike", term.strip())
        if len(part := digits(term).lstrip("0")) >= SHORTEST:
            domain |= Domain("phone_sanitized", "like", part)
            domain |= Domain("call_number_ids.number", "like", part)
            domain |= Domain("user_ids.call_extension_ids.number", "=", part)
        if number := read_typed(term, self.env.company._get_numbering()):
            same = same_numbers(number)
            domain |= Domain("phone_sanitized", "in", same)
            domain |= Domain("call_number_ids.number", "in", same)
        partners = self.env["res.partner"].search(domain, limit=FOUND)
        return [found for partner in partners if (found := self._get_entry(partner))["numbers"]]

    @public_method()
    @api.model
    @api.readonly
    def get_numbers(self, res_model: str | None, res_id: int | None):
        """Return all numbers of the contact of a record that can be dialled.

        :rtype: list[dict]
        """
        record = self._get_clicked(res_model, res_id)
        return self._list_numbers(self._get_partner(record))

    # === DIALLING === #

    @api.model
    def _get_dialling_systems(self):
        """Return the telephone systems that can dial, in the companies of the user."""
        domain = [("company_id", "in", self.env.companies.ids)]
        # sudo: only whether what is needed to dial has been entered
        systems = self.env["call.pbx"].search(domain).filtered("can_dial")
        return systems.filtered(lambda pbx: pbx.sudo()._get_adapter().is_ready_to_dial())

    @api.model
    def _get_own_phone(self, systems):
        """Return the user's phone that rings first."""
        domain = [("user_id", "=", self.env.uid), ("pbx_id", "in", systems.ids)]
        return self.env["call.extension"].search(domain).sorted("pbx_id")[:1]

    @api.model
    def _get_clicked(self, res_model, res_id):
        """Return the record on which the number was clicked, if the user may see it."""
        if not res_id or not is_stored(self.env, res_model):
            return self.env["res.partner"]
        record = self.env[res_model].browse(res_id).exists()
        return record if record.has_access("read") else record.browse()

    @api.model
    def _get_target(self, number, pbx, record):
        """Return what is dialled: a colleague's extension, a short number as it is, else E.164.

        :return: ``None`` if it is not a number
        :rtype: str | None
        """
        short = re.sub(r"\s", "", number)
        if short.lower() in self.env["call.extension"]._get_owners(pbx.id):
            return short
        if e164 := read_typed(number, self._get_numbering(pbx, record)):
            return self._get_colleagues_extension(e164, pbx) or e164
        return short if SHORT_NUMBER.fullmatch(short) else None

    @api.model
    def _get_numbering(self, pbx, record):
        """Return how the number is written: as at the telephone system, unless the record is in
        another country."""
        country = record._phone_get_country().get(record.id) if record else None
        numbering = pbx._get_numbering()
        is_abroad = country and country.code != numbering.region
        return Numbering(country.code) if is_abroad else numbering

    @api.model
    def _get_colleagues_extension(self, number, pbx):
        """Return the phone of the colleague with this number, at the same telephone system."""
        owners = self.env["call.extension"]._get_owners(pbx.id)
        domain = [
            ("id", "in", [user_id for user_id in owners.values() if user_id]),
            ("partner_id.phone_sanitized", "in", same_numbers(number)),
        ]
        # sudo: whose phone is whose is not confidential among colleagues
        colleague_sudo = self.env["res.users"].sudo().search(domain, limit=1)
        found = [name for name, user_id in owners.items() if user_id == colleague_sudo.id]
        return found[0] if colleague_sudo else None

    @api.model
    def _is_on_do_not_call_list(self, number):
        same = same_numbers(number)
        # sudo: only whether it is on the list
        return bool(self.env["phone.blacklist"].sudo().search_count([("number", "in", same)]))

    def _get_warning(self, number):
        return self.env._("%s is on the do-not-call list. Call anyway?", readable(number))

    def _get_progress(self):
        who = self.partner_id.name or readable(self.number)
        return self.env._(
            "Your phone %(extension)s rings. Answer it to call %(who)s.",
            extension=self.extension,
            who=who,
        )

    @api.model
    def _prepare_values(self, phone, target, record):
        partner = self._get_partner(record)
        return {
            "user_id": self.env.uid,
            "pbx_id": phone.pbx_id.id,
            "extension": phone.number,
            "number": target,
            "partner_id": partner.id,
            "res_model": record._name if record else False,
            "res_id": record.id,
        }

    @api.model
    def _fail(self, message):
        return {"state": "failed", "message": message}

    def _explain(self, error):
        """Return why the telephone system did not dial, for people."""
        name = self.pbx_id.name
        if isinstance(error, OSError):
            return self.env._("%s cannot be reached. Dial on the phone itself.", name)
        return self.env._("%(name)s did not dial: %(reason)s", name=name, reason=str(error))

    # === WHOM TO DIAL === #

    @api.model
    def _get_partner(self, record):
        """Return the contact of a record."""
        if not record or record._name == "res.partner":
            return record
        partners = record._mail_get_partners(introspect_fields=True).get(record.id)
        return partners[:1] if partners else self.env["res.partner"]

    @api.model
    def _get_entry(self, partner):
        company = partner.commercial_partner_id
        return {
            "id": partner.id,
            "name": partner.name or "",
            "company": (company.name if company != partner else "") or "",
            "numbers": self._list_numbers(partner),
        }

    @api.model
    def _list_numbers(self, partner):
        """Return the numbers of a contact, a colleague's extension first."""
        # sudo: which phone a colleague has is not confidential among colleagues
        extensions_sudo = partner.user_ids.sudo().call_extension_ids
        numbers = [(phone.number, self.env._("Extension")) for phone in extensions_sudo]
        numbers += [(partner.phone, "")] if partner.phone else []
        further = partner.call_number_ids.filtered(lambda number: not number.is_block)
        numbers += [(readable(number.number), number.name or "") for number in further]
        return [{"number": number, "label": label} for number, label in numbers]

    # === LINKING CLICKS WITH CALLS === #

    @api.model
    def _get_pending_sql(self, pbx):
        """Return a condition for a query that is made anyway: somebody has clicked recently."""
        return SQL(
            "EXISTS (SELECT 1 FROM call_dial WHERE pbx_id = %s AND date > %s)",
            pbx.id,
            fields.Datetime.now() - LINKED,
        )

    @api.model
    def _link(self, intake, drafts):
        """Link calls with the clicks that they come from.

        :param intake.Intake intake: of the telephone system
        :param list drafts: `intake.draft.Draft` of the calls
        """
        refs = {draft.call.id: draft.state.refs for draft in drafts}
        known = [("id", "in", list(refs)), ("is_private", "=", False)]
        calls = intake.calls.search([*known, ("dial_id", "=", False)])
        pending = [("pbx_id", "=", intake.pbx.id), ("call_ids", "=", False)]
        dials = self.search(pending + [("date", ">", fields.Datetime.now() - LINKED)])
        for call in calls:
            known = dials.filtered(lambda dial, call=call: dial.call_ref in refs[call.id])
            meant = known or dials.filtered(lambda dial, call=call: dial._is_meant(call))
            if dial := meant[:1]:
                call._link_dial(dial)
                dials -= dial

    def _is_meant(self, call):
        """Return whether the click led to a call, as long as the call's id is not known."""
        same = not self.call_ref and call.direction != "incoming"
        same = same and self.number in call._get_possible_numbers()
        phones = {(leg.extension or "").lower() for leg in call.leg_ids}
        near = abs(call.date_start - self.date) < SAME_CALL
        return same and near and self.extension.lower() in phones

    @api.model
    def _erase(self, call):
        """Delete the click that led to a private call.

        :param call.call call: with its number
        """
        same = [("pbx_id", "=", call.pbx_id.id), ("number", "=", call.remote_number)]
        same += [("user_id", "=", call.user_id.id)]
        (call.dial_id + self.search(same)).unlink()

    @api.autovacuum
    def _gc_dials(self):
        """Delete old clicks: the calls know what was dialled."""
        self.search([("date", "<", fields.Datetime.now() - timedelta(days=1))]).unlink()
