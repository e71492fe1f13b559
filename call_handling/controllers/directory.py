import base64
import json
from urllib.parse import quote, urlencode

from odoo import http
from odoo.http import request
from odoo.tools import consteq

from ..models.directory.call_directory import PHONEBOOK_PATH, WHO_PATH
from ..tools.phonebook import FORMATS
from ..tools.refusing import make_refusal

MAX_CONTENT = 4 * 1024  # bytes of a question
MAX_SEARCH = 100  # characters
MAX_PAGE = 10_000
# How both routes are asked: by machines, and nothing is written.
QUESTION = {
    "type": "http",
    "auth": "public",
    "methods": ["GET", "POST"],
    "csrf": False,
    "save_session": False,
    "readonly": True,
    "max_content_length": MAX_CONTENT,
}


class DirectoryController(http.Controller):
    """Answers telephones and telephone systems: who is calling, and whom one can call.

    The key comes in a header where the telephone can send one, otherwise in the address. Odoo's
    log has neither keys nor numbers; a proxy before Odoo has its own, see the docs.
    """

    @http.route(
        [WHO_PATH, f"{WHO_PATH}/<string:token>"],
        **QUESTION,
    )
    def who(self, token="", number="", **options):
        """Return whose number it is, in one line. The answer is empty if nobody is certain.

        :param str token: the key, if no header has it
        :param str number: as the telephone system knows it
        :param options: ``format``: ``text`` (default), ``json``, or ``form``, which Asterisk
            reads as a hash
        """
        if not (directory_sudo := find_directory(token)):
            return make_refusal()
        caller = directory_sudo._find_caller(read_text(number))
        values = caller._asdict() | {"line": caller.line}
        if options.get("format") == "json":
            return answer(json.dumps(values), "application/json; charset=utf-8")
        if options.get("format") == "form":
            values = {name: int(v) if v in (True, False) else v for name, v in values.items()}
            # Asterisk does not read "+" as a space
            text = urlencode(values, quote_via=quote)
            return answer(text, "text/plain; charset=utf-8")
        return answer(caller.line, "text/plain; charset=utf-8")

    @http.route(
        [
            f"{PHONEBOOK_PATH}/<string:token>/<string:kind>",
            # some phones append a name of a file
            f"{PHONEBOOK_PATH}/<string:token>/<string:kind>/<path:_file>",
        ],
        **QUESTION,
    )
    def phonebook(self, token, kind, search="", page="1", **_options):
        """Return a page of a phonebook.

        :param str token: the key
        :param str kind: what reads it, one of :data:`tools.phonebook.FORMATS`
        :param str search: part of a name or number
        :param str page: number of the page
        """
        directory_sudo = find_directory(token)
        if not directory_sudo or not directory_sudo.phonebook_user_id:
            return make_refusal()
        if kind not in FORMATS:
            raise request.not_found()
        number = int(page) if str(page).isdecimal() and len(page) < 6 else 1
        found = directory_sudo._get_phonebook_page(
            kind, read_text(search), min(max(number, 1), MAX_PAGE)
        )
        return answer(FORMATS[kind].write(found), FORMATS[kind].content_type)


def answer(content, content_type):
    """Return an answer that nothing on the way keeps."""
    return request.make_response(
        content, [("Content-Type", content_type), ("Cache-Control", "no-store")]
    )


def read_text(value):
    """Return what was asked for, without what the database cannot look for."""
    return str(value).replace("\0", "")[:MAX_SEARCH]


def find_directory(token):
    """Return the directory whose key a request has; nothing if it has none.

    :param str token: from the address; a header has priority
    """
    # sudo: telephones have no user; the key authenticates them
    directories_sudo = request.env["call.directory"].sudo()
    given = read_token(request.httprequest.headers.get("Authorization", "")) or str(token)
    try:
        directory_sudo = directories_sudo.browse(directories_sudo._find_by_token(given))
    except KeyError:
        return directories_sudo
    is_right = consteq(directory_sudo.token, given)
    return directory_sudo if is_right else directories_sudo


def read_token(authorization):
    """Return the key of an ``Authorization`` header, as a bearer token or a password.

    :rtype: str
    """
    scheme, _blank, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(given, validate=True).decode().partition(":")[2]
        except ValueError:  # no Base64, or no text
            return ""
    return ""
