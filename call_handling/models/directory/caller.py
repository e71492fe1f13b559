from typing import NamedTuple

from odoo import api, fields, models

from ...tools import ADMIN
from ...tools.phonebook import to_line
from .call_directory import WHO_PATH

# What fits on the display of a telephone, and into a SIP header
NAME_LENGTH = 40
ASTERISK = """\
; Before the phone rings: who is it? Without a name, the one of the network remains.
same => n,Set(CURLOPT(httpheader)=Authorization: Bearer {token})
same => n,Set(CURLOPT(conntimeout)=1)
same => n,Set(CURLOPT(httptimeout)=2)
same => n,Set(CURLOPT(failurecodes)=403,404,429,500,502,503)
same => n,Set(WHO=${{CURL({url},number=${{URIENCODE(${{CALLERID(num)}})}})}})
same => n,ExecIf($[${{LEN(${{WHO}})}} > 0]?Set(CALLERID(name)=${{WHO}}))"""
ASTERISK_ROUTING = """\
; To whom? The extension of the salesperson, or of who spoke with the caller last.
same => n,Set(CURLOPT(hashcompat)=yes)
same => n,Set(NUMBER=${{URIENCODE(${{CALLERID(num)}})}})
same => n,Set(HASH(CALLER)=${{CURL({url},format=form&number=${{NUMBER}})}})
same => n,Set(CURLOPT(hashcompat)=no)
same => n,Set(TO=${{HASH(CALLER,extension)}})
same => n,ExecIf($[${{LEN(${{TO}})}} > 0]?Dial(PJSIP/${{TO}},20))"""
FREESWITCH = """\
<!-- autoload_configs/cidlookup.conf.xml -->
<param name="url" value="{url}/{token}?number=${{caller_id_number}}"/>"""


class Caller(NamedTuple):
    """Who is calling, as far as a telephone system may know it.

    :param name: of the contact; empty if nobody is certain
    :param company: of the contact
    :param extension: where the caller should be put through to
    :param is_vip: the contact has one of the tags for that
    :param language: of the contact, as ``de_DE``
    :param is_overdue: the contact waits for a callback that is overdue
    """

    name: str = ""
    company: str = ""
    extension: str = ""
    is_vip: bool = False
    language: str = ""
    is_overdue: bool = False

    @property
    def line(self):
        """The contact and its company in one line; it is empty if nobody is certain."""
        shows_company = self.company and self.company not in self.name
        return to_line(f"{self.name}, {self.company}" if shows_company else self.name, NAME_LENGTH)


NOBODY = Caller()


class CallDirectory(models.Model):
    """Says who is calling, before the telephone rings. Only certain contacts have a name, and
    never those whose calls are private."""

    _inherit = "call.directory"

    gives_names = fields.Boolean(
        string="Names of Callers",
        default=True,
        help="Answers with the name and company of the contact that has a number.",
        writable="admin",
    )
    gives_routing = fields.Boolean(
        string="Where Callers Belong",
        help="Answers also with the extension of the contact's salesperson or, without one, of "
        "who spoke with the contact last, with the language, and whether a callback is overdue.",
        writable="admin",
    )
    vip_category_ids = fields.Many2many(
        "res.partner.category",
        string="VIP Tags",
        help="Contacts with one of these tags, or whose company has it, are marked.",
        writable="admin",
    )
    who_url = fields.Char(string="Address", compute="_compute_who", groups=ADMIN)
    asterisk_example = fields.Text(
        string="In Asterisk's Dial Plan", compute="_compute_who", groups=ADMIN
    )
    freeswitch_example = fields.Text(string="In FreeSWITCH", compute="_compute_who", groups=ADMIN)

    # === COMPUTE METHODS === #

    @api.depends("token", "gives_routing")
    def _compute_who(self):
        for directory in self:
            url = f"{directory.get_base_url()}{WHO_PATH}"
            example = f"{ASTERISK}\n{ASTERISK_ROUTING}" if directory.gives_routing else ASTERISK
            values = {"url": url, "token": directory.token}
            directory.who_url = url
            directory.asterisk_example = example.format(**values)
            directory.freeswitch_example = FREESWITCH.format(**values)

    # === BUSINESS METHODS === #

    def _find_caller(self, number):
        """Return who is calling.

        :param str number: as the telephone system sends it
        :rtype: Caller
        """
        self.ensure_one()
        pbx = self.pbx_id
        partner = pbx._find_partner(number) if self.gives_names else self.env["res.partner"]
        if not partner:
            return NOBODY
        # only what is asked for: a contact has many fields, and a telephone waits
        partner.fetch(["name", "commercial_company_name"])
        caller = Caller(partner.name or partner.display_name, partner.commercial_company_name or "")
        return caller._replace(**self._prepare_routing(partner)) if self.gives_routing else caller

    def _prepare_routing(self, partner):
        """Return where a contact belongs.

        :param res.partner partner: the contact
        :return: values of :class:`Caller`
        :rtype: dict
        """
        tags = partner.category_id | partner.commercial_partner_id.category_id
        return {
            "extension": self._find_extension(partner),
            "is_vip": bool(tags & self.vip_category_ids),
            "language": partner.lang or "",
            "is_overdue": self._is_callback_overdue(partner),
        }

    def _find_extension(self, partner):
        """Return the extension of the contact's salesperson or, without one, of who spoke with
        the contact last; nothing if the person has no phone in this telephone system."""
        phones = self.pbx_id.extension_ids
        for user in (partner.user_id, partner.commercial_partner_id.user_id):
            if phone := phones.filtered(lambda phone, user=user: user and phone.user_id == user):
                return phone[0].number
        last = self.env["call.call"].search(
            [
                ("partner_id", "=", partner.id),
                ("outcome", "=", "answered"),
                ("user_id", "in", phones.user_id.ids),
                ("company_id", "=", self.company_id.id),
                ("is_private", "=", False),
            ],
            limit=1,
        )
        phone = phones.filtered(lambda phone: last and phone.user_id == last.user_id)[:1]
        return phone.number or ""

    def _is_callback_overdue(self, partner):
        of_partner = [("partner_id", "=", partner.id), ("company_id", "=", self.company_id.id)]
        callbacks = self.env["call.callback"].search([*of_partner, ("state", "=", "open")])
        return any(callback.is_late for callback in callbacks)
