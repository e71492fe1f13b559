import logging
import secrets
from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import html2plaintext

from ...adapters.endpoint import Bounds, EndpointError, Trouble, post_json
from ...adapters.reasons import Reason, Why
from ...adapters.summarizing import (
    MAX_CHOICES,
    AnswerError,
    Choice,
    Conversation,
    Fault,
    build_request,
    read_answer,
)
from ...tools import explain, explain_trouble, log_failure
from ..transcript.call_transcript import PENDING

_logger = logging.getLogger(__name__)

CRON = "call_handling.ir_cron_outline"
# After an attempt: until the next one
PAUSES = [
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15)),
    *(timedelta(hours=hours) for hours in (1, 3, 12, 24)),
]
MOST_ANSWERS = 3  # that cannot be read, until asking again is of no use
BATCH = 20  # calls of one run
BOUNDS = Bounds(seconds=180, size=128 * 1024)
# After these, nobody else is asked about in the same run
SILENCE = (Trouble.UNREACHABLE, Trouble.SLOW, Trouble.BUSY)
NO_SCHEMA = (400, 415, 422, 501)  # statuses of servers that do not know the form of the answer


class CallOutline(models.Model):
    """Asks the company's server what calls were about.

    A scheduled action does it. Nothing is locked while the server thinks: when it is asked, the
    next attempt is planned already, so that nothing is lost if Odoo is stopped meanwhile. Before
    and afterwards, it is checked whether the call may be sent, and the answer stored, at all.
    """

    _inherit = "call.outline"

    attempts = fields.Integer(aggregator=None)
    date_ask = fields.Datetime(string="Next Attempt", help="When the server is asked.")

    _ask_idx = models.Index("(date_ask) WHERE date_ask IS NOT NULL")

    # === CRON METHODS === #

    @api.model
    def _cron_ask(self):
        """Ask about the calls that are due. A copy of the database asks nobody."""
        if self.env["call.pbx"]._is_database_copy():
            return
        cron = self.env["ir.cron"]
        due = self.search([("date_ask", "<=", fields.Datetime.now())], order="date_ask, id")
        cron._commit_progress(remaining=len(due))
        silent = self.env["res.company"]
        for outline in due[:BATCH]:
            silent |= outline._ask_or_wait(silent)
            if not cron._commit_progress(1):
                break

    def _ask_or_wait(self, silent):
        """Ask about the call, unless somebody changes the outline at this moment, or the server
        of the company does not answer in this run.

        :param res.company silent: those whose server does not answer
        :return: the company, if its server does not answer
        :rtype: res.company
        """
        company = self.exists().call_id.company_id
        try:
            if not self.try_lock_for_update():
                return company.browse()
            if company in silent:
                self._plan(fields.Datetime.now() + PAUSES[0])
                return company.browse()
            return company if self._ask() in SILENCE else company.browse()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            self.env.cr.rollback()  # the next attempt is planned
            return company.browse()

    # === ASKING === #

    def _plan(self, date):
        self.date_ask = date
        # not env.ref(): it queries the database
        cron_id = self.env["ir.model.data"]._xmlid_to_res_id(CRON)
        # sudo: it is asked whatever the user may see
        self.env["ir.cron"].sudo().browse(cron_id)._trigger(date)

    def _start(self):
        """Ask from the beginning. What people have decided about remains."""
        self.write({"state": "waiting", "reason": False, "attempts": 0})
        self._plan(fields.Datetime.now())
        self._notify_screens()

    def _ask(self):
        """Ask about the call.

        :return: what went wrong with the server; ``None`` if nothing did
        :rtype: adapters.endpoint.Trouble | None
        """
        conversation, endpoint = self._begin()
        if not conversation:
            return None
        self.env["ir.cron"]._commit_progress()  # nothing is locked from here on
        error, points = None, ()
        try:
            points = self._send(endpoint, conversation)
        except (EndpointError, AnswerError) as caught:
            error = caught
        except Exception as caught:
            log_failure(_logger, f"Call {self.call_id.id} cannot be asked about", caught)
            error = EndpointError(Trouble.NOT_UNDERSTOOD, type(caught).__name__)
        if self._is_still_wanted():
            if error is None:
                self._store(points)
            else:
                self._note_failure(error)
        return getattr(error, "trouble", None)

    def _begin(self):
        """Plan the attempt after this one, if the call may be sent at all.

        :return: what is sent, and to where; nothing if nothing is
        :rtype: tuple
        """
        endpoint = self.call_id.company_id._get_outline_endpoint()
        conversation = endpoint and self.call_id._may_be_outlined() and self._prepare()
        if not conversation:
            self._end(Reason(Why.OUTLINE_EMPTY))
            return None, None
        if self.attempts >= len(PAUSES):
            self._end(self._explain(EndpointError(Trouble.UNREACHABLE)))
            return None, None
        self.attempts += 1
        self._plan(fields.Datetime.now() + PAUSES[self.attempts - 1])
        return conversation, endpoint

    @api.model
    def _send(self, endpoint, conversation):
        """Ask a server about a conversation.

        :param adapters.endpoint.Endpoint endpoint: the server
        :param adapters.summarizing.Conversation conversation: what is sent
        :return: what it proposes
        :rtype: tuple[adapters.summarizing.Point]
        :raise EndpointError: it does not answer
        :raise AnswerError: the answer cannot be used
        """
        mark = f"=== {secrets.token_hex(16)} ==="
        body = build_request(conversation, endpoint.model, mark)
        try:
            answer = post_json(endpoint, body, BOUNDS)
        except EndpointError as error:
            if error.status not in NO_SCHEMA:
                raise
            body = build_request(conversation, endpoint.model, mark, with_schema=False)
            answer = post_json(endpoint, body, BOUNDS)
        return read_answer(answer, conversation)

    def _is_still_wanted(self):
        """Return whether the answer is stored, as of now: much may have happened meanwhile."""
        self.env.invalidate_all()
        if not self.exists() or not self.call_id.exists():
            return False
        is_locked = self.try_lock_for_update()  # otherwise the next attempt is planned
        return bool(is_locked and self.state == "waiting" and self.call_id._may_be_outlined())

    def _store(self, points):
        """Replace what nobody has decided about by what is proposed now.

        :param points: each an `adapters.summarizing.Point`
        """
        self.point_ids.filtered(lambda point: point.state == "open").unlink()
        decided = {point._get_content() for point in self.point_ids}
        Point = self.env["call.outline.point"]
        new = Point.create(
            [Point._prepare_values(point) | {"outline_id": self.id} for point in points]
        )
        new.filtered(lambda point: point._get_content() in decided).unlink()
        done = {"state": "here", "reason": False, "date": fields.Datetime.now(), "date_ask": False}
        self.write(done)
        self._notify_screens()

    def _note_failure(self, error):
        """Plan another attempt, or note for good that there is no answer."""
        reason, is_answer = self._explain(error), isinstance(error, AnswerError)
        is_final = self.attempts >= MOST_ANSWERS if is_answer else error.is_final
        if is_final or self.attempts >= len(PAUSES):
            self._end(reason)
            return
        self.reason = reason
        self._notify_screens()
        asked = timedelta(seconds=getattr(error, "wait", 0))
        self._plan(fields.Datetime.now() + max(PAUSES[self.attempts - 1], asked))

    def _end(self, reason):
        self.write({"state": "failed", "reason": reason, "date_ask": False})
        self._notify_screens()

    def _notify_screens(self):
        self.call_id._notify_lists()
        self.call_id._notify_listeners()

    @api.model
    def _explain(self, error):
        """Return why nothing is proposed, for people who may read what was sent.

        :param error: an `EndpointError` or `AnswerError`
        :rtype: str
        """
        if isinstance(error, EndpointError):
            return explain_trouble(self.env, error)
        reasons = {
            Fault.NOT_UNDERSTOOD: Reason(Why.OUTLINE_UNREADABLE),
            Fault.CUT_OFF: Reason(Why.OUTLINE_CUT_OFF),
            Fault.REFUSED: Reason(Why.OUTLINE_REFUSED),
        }
        return explain(self.env, reasons[error.fault])

    # === WHAT IS SENT === #

    def _prepare(self):
        """Return what is sent about the call.

        :return: ``None`` if nothing was said or written
        :rtype: adapters.summarizing.Conversation | None
        """
        call = self.call_id
        text, self.is_from_notes = call._get_outline_text()
        if not text:
            return None
        tz = pytz.timezone(call.user_id.tz or call.pbx_id.tz or "UTC")
        return Conversation(
            text,
            pytz.utc.localize(call.date_start).astimezone(tz).date(),
            call.company_id._get_outline_language(call.user_id),
            self.is_from_notes,
            self._get_categories(),
            self._get_projects(),
        )

    @api.model
    def _get_categories(self):
        """Return the categories that may be proposed.

        :rtype: tuple[adapters.summarizing.Choice]
        """
        found = self.env["call.category"].search([], limit=MAX_CHOICES)
        return tuple(Choice(category.id, category.complete_name) for category in found)

    def _get_projects(self):
        """Return the projects that may be proposed: those of the contact. No others are sent,
        since they can name other customers.

        :rtype: tuple[adapters.summarizing.Choice]
        """
        call = self.call_id
        if not call.partner_id:
            return ()
        domain = Domain("partner_id", "child_of", call.partner_id.commercial_partner_id.ids)
        domain &= Domain("company_id", "in", [False, call.company_id.id])
        found = self.env["project.project"].search(domain, limit=MAX_CHOICES)
        return tuple(Choice(project.id, project.name) for project in found)


class CallTranscript(models.Model):
    _inherit = "call.transcript"

    def _finish(self):
        """Override: what was said is read as soon as all of it is there."""
        result = super()._finish()
        self.call_id._outline_automatically()
        return result


class CallCall(models.Model):
    _inherit = "call.call"

    # === BUSINESS METHODS === #

    def _request_outline(self):
        """Ask what the call was about, on behalf of the user.

        :raise UserError: there is nothing to ask about
        :raise AccessError: the user may not listen to the call, or not edit it
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: only the app creates an outline
        call_sudo = self.sudo()
        if not call_sudo._may_be_outlined() or not call_sudo._get_outline_text()[0]:
            raise UserError(
                self.env._(
                    "There is nothing to make proposals from: no transcript of this call, and no "
                    "notes that may be used."
                )
            )
        outline_sudo = call_sudo._create_outline()
        outline_sudo.sudo(False).check_access("read")
        outline_sudo._start()

    def _outline_automatically(self):
        """Have the calls asked about whose transcripts have just become complete."""
        for call_sudo in self.sudo():
            if any(transcript.state in PENDING for transcript in call_sudo.transcript_ids):
                continue
            is_new = not call_sudo.outline_ids.filtered(lambda outline: outline.state == "here")
            if is_new and call_sudo._may_be_outlined() and not call_sudo._is_history():
                call_sudo._create_outline()._start()

    def _create_outline(self):
        """Return the outline of the call, which is created if there is none.

        :rtype: call.outline
        """
        self.ensure_one()
        return self.outline_ids or self.env["call.outline"].create({"call_id": self.id})

    def _may_be_outlined(self):
        """Return whether anything about the call may be sent to the company's server.

        :rtype: bool
        """
        self.ensure_one()
        return bool(
            self.company_id._get_outline_endpoint()
            and self.state == "ended"
            and self._is_processed()
            and not self.is_anonymized
            and not self.is_recording_refused
            and not self._is_excluded_from_transcripts()
        )

    def _get_outline_text(self):
        """Return what proposals are made from.

        :return: the transcript or, if the company wants that, the notes; and whether it is notes
        :rtype: tuple[str, bool]
        """
        self.ensure_one()
        if text := self._get_transcript_text():
            return text, False
        if not self.company_id.sudo().call_outline_notes:
            return "", False
        notes = [html2plaintext(note.body or "").strip() for note in self.note_ids]
        text = "\n".join(note for note in notes if note)
        return text, bool(text)
