import os
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ...intake import Intake
from ...tools.sound import HEAD, read_sound
from .call_recording import FILE, PART, PENDING

MAX_SIZE = 128 * 1024 * 1024  # bytes of a recording
MAX_PART = 16 * 1024 * 1024  # bytes of one request


class Answer(NamedTuple):
    """What a request about the file of a recording is answered with.

    :param status: of HTTP
    :param values: of the answer, in JSON
    """

    status: int
    values: dict


class CallRecording(models.Model):
    """How recordings come: what is reported about them, and their files, in any order.

    A file comes in parts, each of which is stored once it is answered. Whoever was interrupted
    asks where to go on. When the last part has come, the file is put together.
    """

    _inherit = "call.recording"

    # === WHAT IS REPORTED === #

    @api.model
    def _intake_announce(self, intake, messages):
        """Store what messages report about recordings. If that fails, the calls and their events
        are not affected.

        :param intake.Intake intake: of the telephone system
        :param list messages: each an `adapters.base.Message`
        """
        facts = [fact for message in messages for fact in message.recordings]
        calls = self._find_calls(intake, {fact.call for fact in facts})
        self._drop_facts(intake.pbx, [fact for fact in facts if calls[fact.call] is None])
        facts = [fact for fact in facts if calls[fact.call] is not None]
        ids = [self._store_facts(intake.pbx, fact) for fact in facts]
        recordings = self.browse(dict.fromkeys(ids))
        recordings.invalidate_recordset(flush=False)
        if recordings and not self.env["call.recording.rule"]._may_store_of(intake.pbx):
            pending = recordings.filtered(lambda recording: recording.state in PENDING)
            pending._end("refused", self._explain_no_rule())
        recordings._attach(calls)

    @api.model
    def _find_calls(self, intake, refs):
        """Return the calls of references, once nobody else is working on them.

        :param intake.Intake intake: of the telephone system
        :param set refs: its ids of calls
        :return: the call by reference, empty if it is not known yet; ``None`` if nothing may be
            stored about it: it is private, or was deleted
        :rtype: dict[str, call.call | None]
        """
        if not refs:
            return {}
        events, calls = self.env["call.event"], self.env["call.call"]
        calls._intake_lock(intake, refs)
        hidden = {events._get_hidden_name(ref): ref for ref in refs}
        self.env.cr.execute(
            SQL(
                """
                SELECT n.name, r.call_id, EXISTS (
                        SELECT FROM call_event e
                         WHERE e.pbx_id = %(pbx)s AND e.call_ref = n.name
                           AND e.kind IS NULL AND e.is_masked
                       )
                  FROM unnest(%(names)s::varchar[]) AS n(name)
                  LEFT JOIN call_reference r ON r.pbx_id = %(pbx)s AND r.ref = n.name
                """,
                pbx=intake.pbx.id,
                names=[*refs, *hidden],
            )
        )
        found, closed = dict.fromkeys(refs, calls), set()
        for name, call_id, is_forgotten in self.env.cr.fetchall():
            ref = hidden.get(name, name)
            if call_id:
                found[ref] = calls.browse(call_id)
            if is_forgotten:
                closed.add(ref)
        closed |= {ref for ref, call in found.items() if call.is_private or call.is_anonymized}
        return found | dict.fromkeys(closed)

    @api.model
    def _drop_facts(self, pbx, facts):
        """Do what follows from recordings of calls about which nothing may be stored.

        :param call.pbx pbx: the telephone system
        :param list facts: each an `adapters.recording.RecordingFacts`
        """

    @api.model
    def _store_facts(self, pbx, facts):
        """Store what is reported about a recording: several reports complete each other, in any
        order. What was read from the file itself counts more.

        :param call.pbx pbx: the telephone system
        :param adapters.recording.RecordingFacts facts: what it reports
        :return: the id of the recording
        :rtype: int
        """
        values = self._prepare_facts_values(pbx, facts)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO call_recording AS r (%(names)s, create_date, write_date)
                VALUES %(values)s
                ON CONFLICT (pbx_id, ref) DO UPDATE SET
                    leg_ref = LEAST(r.leg_ref, excluded.leg_ref),
                    reported_start = LEAST(r.reported_start, excluded.reported_start),
                    first_side = LEAST(r.first_side, excluded.first_side),
                    is_requested = r.is_requested OR excluded.is_requested,
                    is_offered = r.is_offered OR excluded.is_offered,
                    place = CASE WHEN r.state IN ('announced', 'fetching')
                        THEN LEAST(r.place, excluded.place) ELSE r.place END,
                    duration = CASE WHEN r.codec IS NULL
                        THEN GREATEST(r.duration, excluded.duration) ELSE r.duration END,
                    channels = CASE WHEN r.codec IS NULL
                        THEN GREATEST(r.channels, excluded.channels) ELSE r.channels END,
                    sound_format = CASE WHEN r.codec IS NULL
                        THEN LEAST(r.sound_format, excluded.sound_format)
                        ELSE r.sound_format END
                RETURNING id
                """,
                names=SQL(", ").join(map(SQL.identifier, values)),
                values=SQL("(%s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')",
                           SQL(", ").join(SQL("%s", value) for value in values.values())),
            )
        )  # fmt: skip
        return self.env.cr.fetchone()[0]

    @api.model
    def _prepare_facts_values(self, pbx, facts):
        """Return the columns of what is reported about a recording.

        :param call.pbx pbx: the telephone system
        :param adapters.recording.RecordingFacts facts: what it reports
        :rtype: dict
        """
        return {
            "pbx_id": pbx.id,
            "ref": facts.ref,
            "call_ref": facts.call,
            "leg_ref": facts.leg,
            "reported_start": facts.start and facts.start.replace(tzinfo=None, microsecond=0),
            "duration": facts.seconds,
            "sound_format": facts.format and facts.format.value,
            "channels": facts.channels,
            "first_side": facts.first_side and facts.first_side.value,
            "is_requested": facts.is_requested,
            "is_offered": facts.is_offered,
            "place": facts.place,
            "state": "announced",
            "create_uid": self.env.uid,
            "write_uid": self.env.uid,
        }

    def _attach(self, calls):
        """Link recordings with their calls, and decide about them.

        :param dict calls: as of :meth:`_find_calls`
        """
        for recording in self:
            call = calls.get(recording.call_ref, recording.call_id)
            if call and recording.call_id != call:
                recording.call_id = call
        self._decide()

    # === FILES === #

    @api.model
    def _receive(self, pbx, adapter, upload):
        """Store a part of the file of a recording.

        :param call.pbx pbx: the telephone system
        :param adapters.base.Adapter adapter: of the telephone system
        :param Upload upload: the part
        :rtype: Answer
        """
        if upload.size > MAX_SIZE:
            return Answer(413, {"error": "the recording is too large", "max_size": MAX_SIZE})
        if not self.env["call.recording.rule"]._may_store_of(pbx):
            return Answer(410, {"error": "recordings are not stored"})
        recording = self._find(pbx, upload.ref)
        call_ref = recording.call_ref or upload.call
        if not call_ref:
            return Answer(404, {"error": "this recording is not known; say which call it is of"})
        calls = self._find_calls(Intake(pbx, adapter), {call_ref})
        if calls[call_ref] is None:
            recording.unlink()
            return Answer(410, {"error": "this recording is not stored"})
        recording = recording or self._create_for(pbx, upload)
        recording._lock()
        if upload.is_requested:
            recording.is_requested = True
        if upload.is_leg_first:
            recording.is_leg_first = True
        answer = recording._append(upload)
        recording._attach(calls)
        return recording._describe() if answer is None else answer

    @api.model
    def _find(self, pbx, ref):
        return self.search([("pbx_id", "=", pbx.id), ("ref", "=", ref)])

    @api.model
    def _create_for(self, pbx, upload):
        """Return the recording of a file that comes before it was announced. Another request may
        create it at the same time."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO call_recording (pbx_id, ref, call_ref, leg_ref, reported_start, state,
                                            create_uid, write_uid, create_date, write_date)
                VALUES (%s, %s, %s, %s, %s, 'announced', %s, %s,
                        now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
                ON CONFLICT DO NOTHING
                """,
                pbx.id,
                upload.ref,
                upload.call,
                upload.leg,
                upload.start and upload.start.replace(tzinfo=None, microsecond=0),
                self.env.uid,
                self.env.uid,
            )
        )
        return self._find(pbx, upload.ref)

    def _lock(self):
        """Wait until no other request stores a part of the same file."""
        self.env.cr.execute(SQL("SELECT FROM call_recording WHERE id = %s FOR UPDATE", self.id))
        self.invalidate_recordset()

    def _append(self, upload):
        """Store what is new of a part.

        :param Upload upload: the part
        :return: why it is not stored; ``None`` if it is, or was already
        :rtype: Answer | None
        """
        if self.state not in PENDING or (self.size and self.received == self.size):
            return None
        if answer := self._check_part(upload):
            return answer
        if data := upload.data[self.received - upload.offset :]:
            self._store_part(data)
            received = self.received + len(data)
            self.write({"state": "fetching", "size": upload.size, "received": received})
            if received == upload.size:
                self._put_together()
        return None

    def _check_part(self, upload):
        """Return why a part does not fit what has come before; ``None`` if it does.

        :param Upload upload: the part
        :rtype: Answer | None
        """
        here = {"offset": self.received}
        if self.received and self.size != upload.size:
            error = "the size is not that of the parts before"
            return Answer(409, {"error": error, "size": self.size} | here)
        if upload.offset > self.received:
            return Answer(409, {"error": "a part is missing"} | here)
        if upload.offset + len(upload.data) > upload.size:
            return Answer(400, {"error": "there is more than the size says"} | here)
        return None if self.received else self._check_beginning(upload.data, upload.size)

    @api.model
    def _check_beginning(self, data, size):
        """Return why a file cannot be a recording; ``None`` if it can.

        :rtype: Answer | None
        """
        if len(data) < min(HEAD, size):
            error = f"the first part must have at least {HEAD} bytes"
            return Answer(400, {"error": error, "offset": 0})
        if read_sound(data[:HEAD], size):
            return None
        return Answer(415, {"error": "this is no sound file of a kind that is stored"})

    def _store_part(self, data):
        part = self._prepare_file_values(PART) | {"name": str(self.received), "raw": data}
        # sudo: nobody may write these fields
        _write_through(self.env["ir.attachment"].sudo().create(part))

    def _prepare_file_values(self, name):
        return {
            "res_model": self._name,
            "res_field": name,
            "res_id": self.id,
            "mimetype": "application/octet-stream",
        }

    def _put_together(self):
        """Make one file of all parts, and note what it says about itself."""
        parts = self._get_files_sudo(PART)
        self._store_file(b"".join(part.raw for part in parts))
        parts.unlink()

    def _store_file(self, data):
        """Store the whole file, and note what it says about itself."""
        sound = read_sound(data[:HEAD], len(data))
        file = self._prepare_file_values(FILE) | {"mimetype": sound.mimetype, "raw": data}
        file |= {"name": f"recording-{self.id}.{sound.format}"}
        # sudo: nobody may write this field
        _write_through(self.env["ir.attachment"].sudo().create(file))
        self.write(
            {
                "sound_format": sound.format,
                "codec": sound.codec,
                "is_playable": sound.is_playable,
                "channels": sound.channels or self.channels,
                "duration": sound.seconds or self.duration,
            }
        )

    def _describe(self):
        """Return the answer that says how much of the file has come.

        :rtype: Answer
        """
        if not self:
            return Answer(404, {"error": "this recording is not known", "offset": 0})
        if self.state in (*PENDING, "here"):
            values = {"state": self.state, "offset": self.received, "size": self.size}
            return Answer(200, values)
        return Answer(410, {"error": "this recording is not stored", "state": self.state})


class CallEvent(models.Model):
    _inherit = "call.event"

    @api.model
    def _link(self, intake, drafts, history):
        """Override: nothing remains of recordings that came before their call, if nothing may be
        stored about it."""
        result = super()._link(intake, drafts, history)
        private = [draft.state.refs for draft in drafts if not draft.call or draft.call.is_private]
        refs = {*history.forgotten, *history.deleted}.union(*private)
        if refs:
            self.env["call.recording"]._forget_of(intake.pbx, refs)
        return result


def _write_through(file):
    """Let the file be on the disk before the request is answered: what was answered is stored."""
    if file.store_fname:
        descriptor = os.open(file._full_path(file.store_fname), os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
