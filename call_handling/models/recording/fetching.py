import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...adapters.api import ApiError, Problem
from ...adapters.fetching import Failure, FetchError, Limits, fetch
from ...adapters.reasons import Reason, Why
from ...intake import Intake
from ...tools import explain, log_failure
from ...tools.sound import HEAD, read_sound
from .arriving import MAX_SIZE
from .call_recording import PENDING

_logger = logging.getLogger(__name__)

CRON = "call_handling.ir_cron_fetch_recordings"
# After an attempt: until the next one
PAUSES = [
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15)),
    *(timedelta(hours=hours) for hours in (1, 3, 6, 12, 24, 24, 24)),
]
LATE = timedelta(minutes=15)  # after it was announced, until when a file may still come
SECONDS = 90  # for one file
BATCH = 50  # files of one run
# After these, others of the same telephone system are not asked for in the same run
SILENCE = (Failure.UNREACHABLE, Failure.SLOW, Failure.BUSY, Problem.UNREACHABLE)


class CallRecording(models.Model):
    """Fetches files of recordings from telephone systems that keep them.

    A scheduled action does it, never the request that announces a recording. Before and after the
    download it is decided again whether the recording is stored at all. Nothing is locked during
    the download: when it begins, the next attempt is planned already, so that nothing is lost, and
    nothing fetched twice, if the server is stopped meanwhile.
    """

    _inherit = "call.recording"

    is_offered = fields.Boolean(
        string="To Be Fetched", help="The telephone system keeps the file until it is fetched."
    )
    place = fields.Char(
        help="What is needed to fetch the file, beside the reference. It opens nothing by itself."
    )
    attempts = fields.Integer(aggregator=None)
    date_fetch = fields.Datetime(
        string="Next Attempt", help="When the file is fetched from the telephone system."
    )

    _fetch_idx = models.Index("(date_fetch) WHERE date_fetch IS NOT NULL")

    # === WHAT IS REPORTED === #

    def _let_in(self):
        """Override: what is stored, and has not come by itself, is fetched."""
        result = super()._let_in()
        if self._is_to_fetch() and not self.date_fetch:
            self._plan_fetch(fields.Datetime.now())
        return result

    def _is_to_fetch(self):
        return self.is_offered and self.state in PENDING and not self.received

    def _plan_fetch(self, date):
        self.date_fetch = date
        # not env.ref(): it queries the database
        cron_id = self.env["ir.model.data"]._xmlid_to_res_id(CRON)
        # sudo: files are fetched whatever the user may see
        self.env["ir.cron"].sudo().browse(cron_id)._trigger(date)

    def _end(self, state, reason):
        """Override: nothing is fetched any more."""
        result = super()._end(state, reason)
        self.write({"date_fetch": False, "place": False})
        return result

    # === CRON METHODS === #

    @api.model
    def _cron_fetch(self):
        """Fetch the files that are due. A copy of the database asks nobody."""
        pbxs = self.env["call.pbx"]
        if pbxs._is_database_copy():
            return
        due = self.search(
            [("date_fetch", "<=", fields.Datetime.now()), ("pbx_id.active", "=", True)],
            order="date_fetch, id",
        )
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        silent = pbxs
        for recording in due[:BATCH]:
            silent |= recording._fetch_or_wait(silent)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _fetch_or_wait(self, silent):
        """Fetch the file, unless somebody changes the recording at this moment, or its telephone
        system does not answer in this run.

        :param call.pbx silent: those that do not answer
        :return: the telephone system, if it does not answer
        :rtype: call.pbx
        """
        pbx = self.exists().pbx_id
        try:
            if not self.try_lock_for_update():
                return pbx.browse()
            if pbx in silent:
                self._plan_fetch(fields.Datetime.now() + PAUSES[0])
                return pbx.browse()
            return pbx if self._fetch() in SILENCE else pbx.browse()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            self.env.cr.rollback()  # the next attempt is planned
            return pbx.browse()

    # === FETCHING === #

    def _fetch(self):
        """Fetch the file.

        :return: what went wrong; ``None`` if nothing did
        :rtype: adapters.fetching.Failure | adapters.api.Problem | None
        """
        if not self._begin_fetch():
            return None
        adapter, ref, place = self.pbx_id._get_adapter(), self.ref, self.place or None
        limits = Limits(MAX_SIZE, SECONDS, lambda head: bool(read_sound(head[:HEAD], len(head))))
        self.env["ir.cron"]._commit_progress()  # nothing is locked from here on
        error, data = None, b""
        try:
            data = fetch(lambda: adapter.find_recording(ref, place), limits)
        except (ApiError, FetchError) as caught:
            error = caught
        except Exception as caught:
            log_failure(_logger, f"Recording {self.id} cannot be fetched", caught)
            error = FetchError(Failure.REFUSED, type(caught).__name__)
        if self._is_still_wanted():
            if error is None:
                self._store_fetched(data)
            else:
                self._note_failure(error)
        return getattr(error, "failure", None) or getattr(error, "problem", None)

    def _begin_fetch(self):
        """Plan the attempt after this one, if the file is fetched at all.

        :rtype: bool
        """
        self._decide()
        if not self.exists() or not self._is_to_fetch() or not self._is_wanted():
            self.exists().date_fetch = False
            return False
        if self.attempts >= len(PAUSES):
            self._end("failed", self._explain_failure(FetchError(Failure.UNREACHABLE)))
            return False
        self.write({"attempts": self.attempts + 1, "state": "fetching"})
        self._plan_fetch(fields.Datetime.now() + PAUSES[self.attempts - 1])
        return True

    def _is_still_wanted(self):
        """Return whether the file is stored, as of now: much may have happened meanwhile."""
        self.env.invalidate_all()
        if not self.exists():
            return False
        call = self._find_calls(Intake(self.pbx_id), {self.call_ref})
        if call[self.call_ref] is None:
            self.unlink()
            return False
        self._lock()
        self._attach(call)
        return bool(self.exists() and self._is_to_fetch() and self._is_wanted())

    def _store_fetched(self, data):
        if not read_sound(data[:HEAD], len(data)):
            self._note_failure(FetchError(Failure.NO_SOUND))
            return
        self._store_file(data)
        size = {"size": len(data), "received": len(data)}
        self.write(size | {"date_fetch": False, "place": False})
        self._let_in()

    def _note_failure(self, error):
        """Plan another attempt, or note for good that there is no sound."""
        now, reason = fields.Datetime.now(), self._explain_failure(error)
        if self.attempts >= len(PAUSES) or self._is_final(error, now):
            self._end("failed", reason)
            return
        self.reason = reason
        asked = timedelta(seconds=getattr(error, "wait", 0))
        self._plan_fetch(now + max(PAUSES[self.attempts - 1], asked))

    def _is_final(self, error, now):
        """Return whether trying again is of no use."""
        if _is_missing(error):
            return self.create_date + LATE < now
        return isinstance(error, FetchError) and error.failure.is_final

    def _explain_failure(self, error):
        """Return why a file was not fetched, for people.

        :rtype: str
        """
        if _is_missing(error):
            return explain(self.env, Reason(Why.FILE_MISSING))
        if isinstance(error, ApiError):
            return self.pbx_id._explain_api_error(error)
        detail = error.detail
        reasons = {
            Failure.UNREACHABLE: Reason(Why.FILE_UNREACHABLE, detail=detail),
            Failure.SLOW: Reason(Why.FILE_SLOW, seconds=SECONDS),
            Failure.BUSY: Reason(Why.FILE_BUSY),
            Failure.DENIED: Reason(Why.FILE_DENIED),
            Failure.REFUSED: Reason(Why.FILE_REFUSED, detail=detail),
            Failure.UNSAFE: Reason(Why.FILE_UNSAFE, detail=detail),
            Failure.TOO_LARGE: Reason(Why.FILE_TOO_LARGE, size=MAX_SIZE // 1024**2),
            Failure.NO_SOUND: Reason(Why.FILE_NO_SOUND),
        }
        return explain(self.env, reasons[error.failure])

    def _fetch_again(self):
        """Try again what has failed for good."""
        self.write({"state": "announced", "attempts": 0, "reason": False})
        for recording in self:
            recording._decide()


def _is_missing(error):
    status = getattr(error, "status", None)
    return status in (404, 410) or getattr(error, "failure", None) is Failure.MISSING
