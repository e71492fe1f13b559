import tempfile

from werkzeug.wsgi import wrap_file

from odoo import fields, http
from odoo.http import content_disposition, request

from ..models.protection.contact_export import EXPORT_PATH

IN_MEMORY = 5 * 1024 * 1024  # bytes; a larger archive is written to a file


class ContactDataController(http.Controller):
    """Gives out what is stored about a contact in connection with calls."""

    @http.route(f"{EXPORT_PATH}/<int:contact_id>/export", type="http", auth="user", methods=["GET"])
    def export(self, contact_id):
        """Download the export of a contact.

        :param int contact_id: the contact
        :raise AccessError: the user may not
        """
        contact = request.env["res.partner"].browse(contact_id).exists()
        if not contact:
            raise request.not_found()
        file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed by the response
        contact._write_call_data(file)
        size = file.tell()
        file.seek(0)
        name = f"calls-of-contact-{contact_id}-{fields.Date.today()}.zip"
        response = request.make_response(
            wrap_file(request.httprequest.environ, file),
            [
                ("Content-Type", "application/zip"),
                ("Content-Length", size),
                ("Content-Disposition", content_disposition(name)),
                ("Cache-Control", "no-store"),
            ],
        )
        response.direct_passthrough = True
        return response
