import logging
import re
import traceback
from datetime import timedelta

from odoo import api, fields, models

from ..adapters.api import ApiError
from ..adapters.base import Dial
from ..tools import readable, to_e164

_logger = logging.getLogger(__name__)

SHORT_NUMBER = re.compile(r"[\d*#]{2,6}")  # of a colleague, a group, a function of the system


class CallDial(models.Model):
    """A click on a number: who wants to call whom, and from which record.

    It is stored before the telephone system is asked. So the call knows its record, whichever
    comes first: the telephone system's events or its answer.
    """

    _name = "call.dial"
    _description = "Dialled Number"
    _inherit = ["call.dial.directory.mixin", "call.dial.join.mixin"]
    _order = "id desc"
    _rec_name = "number"

    user_id = fields.Many2one("res.users", required=True, ondelete="cascade")
    pbx_id = fields.Many2one("call.pbx", required=True, ondelete="cascade")
    extension = fields.Char(required=True)
    number = fields.Char(required=True)
    partner_id = fields.Many2one("res.partner", ondelete="set null")
    res_model = fields.Char()
    res_id = fields.Many2oneReference(model_field="res_model")
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    call_ref = fields.Char(help="The telephone system's id of the call.")
    call_ids = fields.One2many("call.call", "dial_id")

    _pbx_date_idx = models.Index("(pbx_id, date)")

    # === ACTION METHODS === #

    @api.model
    def prepare(self, number, res_model=False, res_id=False, confirmed=False):
        """Find out whether and how a number can be dialled, and note that it will be.

        :param str number: as it is written somewhere
        :param str res_model: model of the record on which it was clicked
        :param int res_id: the record
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
            return self._fail(self.env._("%s is no valid telephone number. Correct it.", number))
        if not confirmed and self._is_on_do_not_call_list(target):
            return {"state": "ask", "message": self._get_warning(target)}
        # sudo: users have only to read what they have dialled
        dial_sudo = self.sudo().create(self._prepare_values(phone, target, record))
        return {"state": "ready", "id": dial_sudo.id}

    def start(self):
        """Have the telephone system ring the own phone, and then the number.

        :return: ``state`` is ``dialling`` or ``failed``, with a ``message``; for a simulated
            telephone system with what happens then
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: the telephone system is asked with its own secrets
        adapter = self.sudo().pbx_id._get_adapter()
        try:
            dialled = adapter.originate(Dial(self.extension, self.number))
        except ApiError as error:
            return self._fail(self.sudo().pbx_id._explain_api_error(error))
        except Exception as error:
            # The reason may name a number. The log tells where.
            where = "".join(traceback.format_tb(error.__traceback__))
            _logger.info("Dialling failed: %s\n%s", type(error).__name__, where)
            return self._fail(self._explain(error))
        # sudo: as above
        self.sudo().call_ref = dialled.call
        return {
            "state": "dialling",
            "message": self._get_progress(),
            "pbx_id": self.pbx_id.id,
            "script": dialled.script,
        }

    # === BUSINESS METHODS === #

    @api.model
    def _get_dialling_systems(self):
        """Telephone systems that can dial, in the companies of the user."""
        domain = [("company_id", "in", self.env.companies.ids)]
        # sudo: only whether what is needed to dial has been entered
        systems = self.env["call.pbx"].search(domain).filtered("can_dial")
        return systems.filtered(lambda pbx: pbx.sudo()._get_adapter().is_ready_to_dial())

    @api.model
    def _get_own_phone(self, systems):
        """The user's phone that rings first."""
        domain = [("user_id", "=", self.env.uid), ("pbx_id", "in", systems.ids)]
        return self.env["call.extension"].search(domain).sorted("pbx_id")[:1]

    @api.model
    def _get_clicked(self, res_model, res_id):
        """The record on which the number was clicked, if there is one that the user may see."""
        if not res_id or res_model not in self.env:
            return self.env["res.partner"]
        record = self.env[res_model].browse(res_id).exists()
        return record if record.has_access("read") else record.browse()

    @api.model
    def _get_target(self, number, pbx, record):
        """What is to be dialled: a colleague's extension, a short number as it is, else E.164.

        :return: nothing if the number is none
        :rtype: str | None
        """
        country = record._phone_get_country().get(record.id) if record else None
        e164 = to_e164(number, country.code if country else pbx._get_region())
        if not e164:
            short = re.sub(r"\s", "", number)
            known = short.lower() in self.env["call.extension"]._get_owners(pbx.id)
            return short if known or SHORT_NUMBER.fullmatch(short) else None
        return self._get_colleagues_extension(e164, pbx) or e164

    @api.model
    def _get_colleagues_extension(self, number, pbx):
        """The phone of the colleague who has this number, at the same telephone system."""
        owners = self.env["call.extension"]._get_owners(pbx.id)
        domain = [
            ("id", "in", [user_id for user_id in owners.values() if user_id]),
            ("partner_id.phone_sanitized", "=", number),
        ]
        # sudo: whose phone is whose, is no secret among colleagues
        colleague_sudo = self.env["res.users"].sudo().search(domain, limit=1)
        found = [name for name, user_id in owners.items() if user_id == colleague_sudo.id]
        return found[0] if colleague_sudo else None

    @api.model
    def _is_on_do_not_call_list(self, number):
        # sudo: only whether it is on the list
        return bool(self.env["phone.blacklist"].sudo().search_count([("number", "=", number)]))

    def _get_warning(self, number):
        return self.env._("%s is on the do-not-call list. Call all the same?", readable(number))

    def _get_progress(self):
        who = self.partner_id.name or readable(self.number)
        return self.env._(
            "Your phone %(extension)s rings. Pick it up to call %(who)s.",
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
        """Why the telephone system did not dial, for people."""
        name = self.pbx_id.name
        if isinstance(error, OSError):
            return self.env._("%s cannot be reached. Dial on the phone itself.", name)
        return self.env._("%(name)s did not dial: %(reason)s", name=name, reason=str(error))

    @api.autovacuum
    def _gc_dials(self):
        """What was dialled stands on the call: forget it here."""
        self.search([("date", "<", fields.Datetime.now() - timedelta(days=1))]).unlink()
