from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timezone
from typing import NamedTuple

from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...adapters.peers import PeerReason
from ...adapters.settings import Peer
from ...intake.draft import Owner
from ...tools import display_notification, public_method

BEGINNING = datetime.min.replace(tzinfo=timezone.utc)


class Register(NamedTuple):
    """What was decided about the devices of a telephone system.

    :param peers: phones and trunks, as adapters need them
    :param owners: by extension in lower case: since when, and whose phone it is; the first one
        holds for all earlier calls
    :param extensions: by name in lower case: since when, and whether it is entered as an
        extension; the first time it was holds for all earlier calls
    """

    peers: tuple[Peer, ...]
    owners: dict[str, list[tuple[datetime, Owner]]]
    extensions: dict[str, list[tuple[datetime, bool]]]

    def find_owner(self, extension, moment):
        """Return whose phone it was.

        :param str extension: may be empty
        :param datetime moment: when the call started, aware, UTC
        :rtype: Owner
        """
        return _find_valid(self.owners, extension, moment) or Owner()

    def is_extension(self, number, moment):
        """Return whether a number was entered as an extension.

        :param str number: may be empty
        :param datetime moment: when the call started, aware, UTC
        :rtype: bool
        """
        return bool(_find_valid(self.extensions, number, moment))

    def find_former_owner(self, extension, moment):
        """Return whose phone it was last, if it was nobody's.

        :param str extension: may be empty
        :param datetime moment: when the call started, aware, UTC
        :rtype: Owner
        """
        if any(self.find_owner(extension, moment)):
            return Owner()
        known = self.owners.get((extension or "").lower(), ())
        owned = [owner for since, owner in known if since <= moment and any(owner)]
        return owned[-1] if owned else Owner()


class CallPeer(models.Model):
    """A device or connection of a telephone system that names them: whether it is an employee's
    phone or a trunk, that is, a connection to the outside.

    Decisions are never changed, but followed by others: the first holds for all earlier calls, a
    later one for calls that start after it.
    """

    _name = "call.peer"
    _description = "Phone or Trunk"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "kind desc, is_heard desc, name"

    pbx_id = fields.Many2one(
        "call.pbx", string="Telephone System", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="pbx_id.company_id")
    name = fields.Char(required=True, readonly=True, help="As the telephone system names it.")
    kind = fields.Selection(
        [("undecided", "Unknown"), ("trunk", "Trunk"), ("phone", "Phone")],
        string="What It Is",
        compute="_compute_from_decisions",
        store=True,
        required=True,
        default="undecided",
    )
    extension = fields.Char(compute="_compute_from_decisions", store=True)
    extension_id = fields.Many2one(
        "call.extension", string="Phone Of", compute="_compute_extension_id"
    )
    date_decided = fields.Datetime(
        string="Decided On", compute="_compute_from_decisions", store=True
    )
    decided_by_id = fields.Many2one(
        "res.users",
        compute="_compute_from_decisions",
        store=True,
        help="Empty: it follows from what the telephone system reports.",
        ondelete="set null",
        when_left="kept",
    )
    reason = fields.Selection(PeerReason.choices(), compute="_compute_from_decisions", store=True)
    decision_ids = fields.One2many("call.peer.decision", "peer_id", string="Decisions")
    is_heard = fields.Boolean(
        readonly=True, help="Calls wait to be completed once it is known what it is."
    )
    call_ids = fields.Many2many(
        "call.call",
        "call_call_unknown_peer_rel",
        "peer_id",
        "call_id",
        string="Calls to Complete",
        readonly=True,
    )
    call_count = fields.Integer(string="Calls", compute="_compute_calls")
    date_heard = fields.Datetime(string="Last Call", compute="_compute_calls")
    facts = fields.Json(readonly=True, export_string_translation=False)
    facts_date = fields.Datetime(string="Reported On", readonly=True)
    facts_label = fields.Text(string="What Is Known", compute="_compute_facts_label")
    facts_summary = fields.Char(string="Known Facts", compute="_compute_facts_label")
    proposed_extension = fields.Char(compute="_compute_proposal")
    proposal_label = fields.Char(string="Looks Like", compute="_compute_proposal")
    proposal_reason = fields.Selection(PeerReason.choices(), compute="_compute_proposal")

    _name_uniq = models.UniqueIndex(
        "(pbx_id, lower(name))", "The telephone system has only one device with this name."
    )

    # === COMPUTE METHODS === #

    @api.depends("decision_ids")
    def _compute_from_decisions(self):
        for peer in self:
            last = peer._get_last_decision()
            peer.kind = last.kind or "undecided"
            peer.extension = last.extension
            peer.date_decided = last.date
            peer.decided_by_id = last.decided_by_id
            peer.reason = last.reason

    @api.depends("pbx_id.extension_ids.number", "extension")
    def _compute_extension_id(self):
        for peer in self:
            wanted = (peer.extension or "").lower()
            peer.extension_id = peer.pbx_id.extension_ids.filtered(
                lambda extension, wanted=wanted: extension.number.lower() == wanted
            )[:1]

    @api.depends("call_ids")
    def _compute_calls(self):
        groups = self.env["call.call"]._read_group(
            [("unknown_peer_ids", "in", self.ids)],
            ["unknown_peer_ids"],
            ["__count", "date_start:max"],
        )
        found = {peer: (count, last) for peer, count, last in groups}
        for peer in self:
            peer.call_count, peer.date_heard = found.get(peer._origin, (0, False))

    @api.depends("facts")
    @api.depends_context("lang")
    def _compute_facts_label(self):
        for peer in self:
            adapter = peer.pbx_id._get_adapter()
            lines = [
                f"{peer.pbx_id._translate(type(adapter), label)}: {value or self.env._('Yes')}"
                for label, value in adapter.describe_peer(peer.facts or {})
            ]
            peer.facts_label = "\n".join(lines)
            peer.facts_summary = " · ".join(lines)

    @api.depends("facts", "kind", "pbx_id.extension_ids.display_name")
    def _compute_proposal(self):
        self.proposed_extension = self.proposal_label = self.proposal_reason = False
        undecided = self.filtered(lambda peer: peer.kind == "undecided")
        for pbx, peers in undecided.grouped("pbx_id").items():
            facts = {peer.name: peer.facts or {} for peer in pbx.peer_ids}
            verdicts = pbx._get_adapter().judge_peers(facts, _now())
            labels = {known.number: known.display_name for known in pbx.extension_ids}
            for peer in peers:
                verdict = verdicts.get(peer.name)
                if verdict and verdict.extension:
                    extension = verdict.extension
                    peer.proposed_extension = extension
                    peer.proposal_label = labels.get(extension, extension)
                    peer.proposal_reason = verdict.reason.value

    # === ACTION METHODS === #

    @public_method()
    def action_set_trunk(self):
        """Decide that it is a connection to the outside."""
        self.check_access("write")
        for pbx, peers in self.grouped("pbx_id").items():
            names = [*pbx._get_trunk_names(), *peers.mapped("name")]
            pbx.trunk_names = ", ".join(dict.fromkeys(names))
        return self._notify_completion()

    @public_method(one=True)
    def action_set_phone(self):
        """Ask whose phone it is."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Whose Phone Is %s?", self.name),
            "res_model": "call.peer.phone",
            "view_mode": "form",
            "target": "new",
            "context": {"default_peer_id": self.id},
        }

    @public_method()
    def action_accept(self):
        """Decide that it is a phone with the proposed extension."""
        self.check_access("write")
        for peer in self:
            if not peer.proposed_extension:
                raise UserError(self.env._("Nothing is proposed for %s any more.", peer.name))
            peer._decide(
                kind="phone", extension=peer.proposed_extension, decided_by_id=self.env.uid
            )
        return self._notify_completion()

    def _notify_completion(self, then=None):
        """Return the notification that calls are completed now; ``False`` if there are none.

        :param dict then: the action to run after it, instead of the reload
        """
        waiting = [("unknown_peer_ids", "in", self.ids), ("is_to_complete", "=", True)]
        # sudo: how many there are is not confidential
        count = self.env["call.call"].sudo().search_count(waiting)
        if not count:
            return then or False
        message = self.env._("Calls that are completed now: %s", count)
        title = self.env._("%s Is Settled", ", ".join(self.mapped("name")))
        return display_notification(message, title=title, then=then)

    @public_method(one=True)
    def action_view_calls(self):
        """Open the calls that wait until it is known what it is."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_call_action")
        return action | {"domain": [("unknown_peer_ids", "=", self.id)], "context": {}}

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_facts(self, intake, messages):
        """Store what the telephone system reports about its devices, and decide what follows.

        :param intake.Intake intake: of the telephone system
        :param list messages: each an `adapters.base.Message`
        :return: whether something was decided
        :rtype: bool
        """
        reported = {peer.name.lower(): peer for message in messages for peer in message.peers}
        for peer in self._ensure(intake.pbx, [facts.name for facts in reported.values()]):
            peer._take_facts(reported[peer.name.lower()])
        peers = self.search([("pbx_id", "=", intake.pbx.id)])
        return bool(peers._judge(intake))

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache("pbx_id")
    def _get_register(self, pbx_id):
        """Return what was decided about a telephone system's devices. Cached, since every event
        needs it.

        :param int pbx_id: id of the telephone system
        :rtype: Register
        """
        peers, owners, extensions = [], defaultdict(list), defaultdict(list)
        self_sudo = self.sudo()
        decisions_sudo = self_sudo.env["call.peer.decision"].search(
            [("peer_id.pbx_id", "=", pbx_id)], order="date, id"
        )
        for decision in decisions_sudo:
            name, since = decision.peer_id.name, decision.date.replace(tzinfo=timezone.utc)
            peers.append(Peer(name, decision.extension or "", since))
            owner = Owner(decision.user_id.id, decision.employee_id.id)
            known = owners[name.lower()]
            if any(owner) or known:
                known.append((since, owner))
            if decision.is_extension or extensions[name.lower()]:
                extensions[name.lower()].append((since, decision.is_extension))
        # Extensions that were entered, and never changed since there are decisions.
        for extension_sudo in self_sudo.env["call.extension"].search([("pbx_id", "=", pbx_id)]):
            name = extension_sudo.number.lower()
            if not owners[name]:
                user, employee = extension_sudo._get_owner()
                owners[name] = [(BEGINNING, Owner(user.id, employee.id))]
            if not extensions[name]:
                extensions[name] = [(BEGINNING, True)]
        owners, extensions = (
            {name: known for name, known in found.items() if known}
            for found in (owners, extensions)
        )
        return Register(tuple(peers), owners, extensions)

    @api.model
    def _ensure(self, pbx, names):
        """Return the devices with these names; those that do not exist yet are created. In SQL:
        two workers may notice the same one at once.

        :param call.pbx pbx: the telephone system
        :param names: as it names them
        :rtype: call.peer
        """
        now = SQL("now() AT TIME ZONE 'UTC'")
        rows = [
            SQL(
                "(%s, %s, 'undecided', %s, %s, %s, %s)",
                pbx.id, name, self.env.uid, now, self.env.uid, now,
            )
            for name in sorted(names)
        ]  # fmt: skip
        if not rows:
            return self.browse()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO call_peer (pbx_id, name, kind, create_uid, create_date,
                                       write_uid, write_date)
                VALUES %s
                ON CONFLICT (pbx_id, lower(name)) DO NOTHING
                """,
                SQL(", ").join(rows),
            )
        )
        if self.env.cr.rowcount:
            pbx.invalidate_recordset(["peer_ids", "unknown_peer_ids"], flush=False)
        self.env.cr.execute(
            SQL(
                "SELECT id FROM call_peer WHERE pbx_id = %s AND lower(name) = ANY(%s)",
                pbx.id,
                [name.lower() for name in names],
            )
        )
        return self.browse([peer_id for (peer_id,) in self.env.cr.fetchall()])

    def _take_facts(self, reported):
        """Store what was reported about the device, unless something newer is known.

        :param adapters.peers.PeerFacts reported: about it
        """
        self.ensure_one()
        at = reported.at.replace(tzinfo=None, microsecond=0)
        if not self.facts_date or self.facts_date <= at:
            self.write({"facts": dict(reported.facts), "facts_date": at})

    def _judge(self, intake):
        """Decide what follows from the facts, about devices about which no person has decided.

        :param intake.Intake intake: of the telephone system
        :return: the new decisions
        :rtype: call.peer.decision
        """
        made = self.env["call.peer.decision"]
        by_people = {peer.name.lower() for peer in self if peer.decided_by_id}
        adapter = intake.pbx._get_adapter()
        decided = [p for p in adapter.settings.peers if p.name.lower() in by_people]
        adapter = type(adapter)(replace(adapter.settings, peers=tuple(decided)))
        facts = {peer.name: peer.facts or {} for peer in self}
        verdicts = adapter.judge_peers(facts, _now())
        for peer in self:
            verdict = verdicts.get(peer.name)
            if verdict and verdict.is_certain:
                made += peer._decide(
                    kind="trunk" if verdict.is_trunk else "phone",
                    extension=verdict.extension or False,
                    reason=verdict.reason.value,
                    date=peer.facts_date,
                )
        return made

    def _set_phone_of(self, user, employee):
        """Decide that it is a phone.

        :param res.users user: whose phone it is; may be empty
        :param hr.employee employee: whose phone it is; may be empty
        """
        self.ensure_one()
        pbx, name = self.pbx_id, self.name.lower()
        trunks = pbx._get_trunk_names()
        if name in map(str.lower, trunks):
            pbx.trunk_names = ", ".join(trunk for trunk in trunks if trunk.lower() != name)
        values = {"employee_id": employee.id, "user_id": user.id or employee.user_id.id}
        extension = pbx.extension_ids.filtered(lambda known: known.number.lower() == name)
        if extension:
            extension.write(values)
        else:
            extension.create(values | {"pbx_id": pbx.id, "number": self.name})

    def _get_last_decision(self):
        return self.decision_ids.sorted(lambda decision: (decision.date, decision.id))[-1:]

    def _decide(self, **values):
        """Record what the devices are, unless that was decided already, and complete their calls.

        :param values: of `call.peer.decision`
        :return: the new decisions
        :rtype: call.peer.decision
        """
        compared = ("kind", "extension", "user_id", "employee_id", "is_extension")
        wanted = tuple(values.get(name) or False for name in compared)
        # sudo: decisions are recorded, and never edited
        peers_sudo = self.sudo()
        new = peers_sudo.filtered(lambda peer: wanted != peer._get_last_decision()._get_content())
        decisions = new.env["call.peer.decision"].create(
            [values | {"peer_id": peer.id} for peer in new]
        )
        decisions._complete_calls()
        return decisions

    @api.model
    def _get_date_left(self, pbx, name):
        """Return since when a phone has been nobody's.

        :param call.pbx pbx: the telephone system
        :param str name: of the phone
        :return: naive UTC; ``False`` if it is somebody's, or never was
        :rtype: datetime | Literal[False]
        """
        # sudo: decisions are recorded, and never edited
        last_sudo = self.sudo()._ensure(pbx, [name])._get_last_decision()
        is_left = last_sudo and not last_sudo.user_id and not last_sudo.employee_id
        return is_left and last_sudo.date

    @api.model
    def _backdate(self, pbx, name, date):
        """Let the decision that has just been recorded hold since a moment at which the phone was
        nobody's.

        :param datetime date: naive UTC
        """
        # sudo: as above
        self.sudo()._ensure(pbx, [name])._get_last_decision().date = date

    # === THE WORD OF THE ADMINISTRATOR === #

    @api.model
    def _follow_administrator(self, pbx, names):
        """Record what the administrator has entered about names: extensions and trunks.

        :param call.pbx pbx: the telephone system
        :param names: that were entered, changed or removed
        """
        names = {name.lower(): name for name in names if name}
        if not names:
            return
        # sudo: decisions are recorded, and never edited
        pbx_sudo = pbx.sudo()
        trunks = {name.lower() for name in pbx_sudo._get_trunk_names()}
        extensions = {(e.number or "").lower(): e for e in pbx_sudo.extension_ids}
        for peer in self.sudo()._ensure(pbx_sudo, names.values()):
            name = peer.name.lower()
            if name in trunks:
                peer._decide(kind="trunk", decided_by_id=self.env.uid)
            elif extension := extensions.get(name):
                peer._decide(**extension._prepare_decision(), decided_by_id=self.env.uid)
            elif peer.kind == "phone":
                # it remains a phone, but it is nobody's
                peer._decide(kind="phone", extension=peer.extension, decided_by_id=self.env.uid)


def _find_valid(known_by_name, name, moment):
    """Return what was known about a name when a call started; ``None`` if nothing ever was."""
    known = known_by_name.get((name or "").lower(), ())
    valid = [value for since, value in known if since <= moment]
    return valid[-1] if valid else known[0][1] if known else None


def _now():
    return datetime.now(timezone.utc)
