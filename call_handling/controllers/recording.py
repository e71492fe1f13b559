import logging

import werkzeug.exceptions
from psycopg2 import OperationalError

from odoo import http
from odoo.exceptions import AccessError, ConcurrencyError
from odoo.http import request

from ..adapters.request import Refused
from ..adapters.uploading import is_content_intact, read_upload
from ..models.ir_http import answer_failure
from ..models.pbx.access import WEBHOOK_PATH
from ..models.recording.arriving import MAX_PART, Answer
from ..models.recording.listening import RECORDING_PATH
from ..tools import log_failure
from ..tools.refusing import make_refusal
from .pbx import read_request

_logger = logging.getLogger(__name__)


class RecordingController(http.Controller):
    """Takes the files of recordings in, and gives them out."""

    @http.route(
        f"{WEBHOOK_PATH}/<string:token>/recording",
        type="http",
        auth="public",
        methods=["PUT", "GET"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_PART,
    )
    def upload(self, token):
        """Store a part of the file of a recording, or say how much of it is stored.

        :param str token: part of the telephone system's address
        """
        try:
            response = self._upload(token)
            request.env.cr.flush()
        except (ConcurrencyError, OperationalError):
            raise  # Odoo tries it again
        except Exception as error:
            log_failure(_logger, "A recording could not be stored", error)
            werkzeug.exceptions.abort(answer_failure())  # it rolls back what was done
        return response

    def _upload(self, token):
        # sudo: telephone systems have no user; the token and the signature authenticate them
        env_sudo = request.env(su=True)
        pbx_id, _token, adapter = env_sudo["call.pbx"]._find_by_token(token)
        pbx_sudo = env_sudo["call.pbx"].browse(pbx_id)
        webhook_request = read_request()
        method = request.httprequest.method
        try:
            pbx_sudo._check_original()
            adapter.verify_upload(webhook_request, method)
        except Refused as refused:
            request.call_delivery.reason = refused.refusal.value
            return make_refusal(pbx_id)
        answer = self._answer(pbx_sudo, adapter, webhook_request, method)
        if answer.status >= 400:
            # it is about a file: whether events are accepted does not depend on it
            request.call_delivery = None
        return request.make_json_response(answer.values, status=answer.status)

    def _answer(self, pbx_sudo, adapter, webhook_request, method):
        """Return the answer to a sender that has proved itself.

        :rtype: models.recording.arriving.Answer
        """
        recordings_sudo = pbx_sudo.env["call.recording"]
        if not is_content_intact(webhook_request):
            return Answer(400, {"error": "the body is not the one that was signed"})
        try:
            upload = read_upload(webhook_request, is_question=method != "PUT")
        except ValueError as error:
            return Answer(400, {"error": str(error)})
        if method != "PUT":
            return recordings_sudo._find(pbx_sudo, upload.ref)._describe()
        return recordings_sudo._receive(pbx_sudo, adapter, upload)

    @http.route(
        [f"{RECORDING_PATH}/<int:recording_id>", f"{RECORDING_PATH}/<int:recording_id>/download"],
        type="http",
        auth="user",
        methods=["GET"],
    )
    def listen(self, recording_id):
        """Give out the sound of a recording, in whole or in part.

        :param int recording_id: the recording
        """
        is_download = request.httprequest.path.endswith("/download")
        recording = request.env["call.recording"].browse(recording_id).exists()
        try:
            stream = recording and recording._open(is_download)
        except AccessError as error:
            _logger.info("The sound of recording %s is refused: %s", recording_id, error)
            stream = None
        if not stream:
            raise request.not_found()  # the same, whatever the reason
        response = stream.get_response(as_attachment=is_download)
        response.headers["Cache-Control"] = "no-store"
        return response
