from odoo import api, fields, models

from ...tools import ADMIN, public_method

NAMED = 3  # unknown devices that a warning names; the others are counted


class CallPbx(models.Model):
    """The devices of a telephone system that nobody knows."""

    _inherit = "call.pbx"

    unknown_peer_ids = fields.One2many(
        "call.peer",
        "pbx_id",
        string="Unknown Phones and Trunks",
        domain=[("kind", "=", "undecided")],
        groups=ADMIN,
    )
    unknown_peer_label = fields.Char(
        string="Unknown Phones or Trunks That Have Rung",
        compute="_compute_unknown_peer_label",
        groups=ADMIN,
    )

    # === COMPUTE METHODS === #

    @api.depends("unknown_peer_ids.is_heard")
    @api.depends_context("lang")
    def _compute_unknown_peer_label(self):
        for pbx in self:
            names = pbx.unknown_peer_ids.filtered("is_heard").mapped("name")
            shown = ", ".join(names[:NAMED])
            if more := len(names[NAMED:]):
                shown = self.env._("%(names)s and %(count)s more", names=shown, count=more)
            pbx.unknown_peer_label = shown or False

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_view_peers(self):
        """Open all phones and trunks of this telephone system."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_peer_action")
        return action | {"domain": [("pbx_id", "=", self.id)], "context": {}}

    @public_method()
    def action_view_unknown_peers(self):
        """Open the phones and trunks about which nothing is decided."""
        return self.action_view_peers() | {"context": {"search_default_undecided": 1}}

    @public_method(one=True)
    def action_choose_phone_owner(self):
        """Ask whose phones those are that have rung without being anybody's, one after another.

        :return: the dialog for the first one; ``False`` if there is none any more
        """
        names = self._filter_unentered(self._get_ownerless_phones())
        return self._ask_phone_owner(names) if names else False

    # === BUSINESS METHODS === #

    def _filter_unentered(self, names):
        """Return the names of phones about which nobody has said anything yet: they are neither
        entered as extensions nor among the phones and trunks to decide about.

        :param names: of phones that are nobody's
        :rtype: list[str]
        """
        self.ensure_one()
        entered = {name.lower() for name in self.extension_ids.mapped("number")}
        # one that was only asked about, without an answer, is still to be entered
        heard = self.unknown_peer_ids.filtered("is_heard")
        undecided = {peer.name.lower() for peer in heard}
        return [name for name in names if name.lower() not in entered | undecided]

    def _ask_phone_owner(self, names):
        """Return the dialog that asks whose phone the first one is.

        :param list names: of phones; the others are asked for afterwards
        :rtype: dict
        """
        self.check_access("write")
        peer = self.env["call.peer"]._ensure(self, names[:1])
        action = peer.action_set_phone()
        return action | {"context": action["context"] | {"default_asks_on": bool(names[1:])}}
