"""Shows the reasons that adapters report in the language of who reads them."""

from odoo import fields
from odoo.tools.translate import get_translation

from ..adapters.reasons import Reason, dump_reason, load_reason


def explain(env, text):
    """Return a reason in the language of who reads it.

    :param odoo.api.Environment env: of the reader
    :param str text: an `adapters.reasons.Reason`, or a plain text, which is returned as it is
    :return: if it is a reason, it still is one, and is stored as such
    :rtype: str
    """
    if not isinstance(text, Reason):
        return text
    values = {name: explain(env, value) for name, value in text.values.items()}
    lang = env.lang or "en_US"
    return text.translated(get_translation("call_handling", lang, text.code.label, values))


class ReasonField(fields.Char):
    """Why something failed: stored as a code with values, and read in the language of the user.

    It is written as an `adapters.reasons.Reason`, or as a plain text. Domains and SQL see what is
    stored; see :func:`.adapters.reasons.dump_reason`.
    """

    def convert_to_column(self, value, record, values=None, validate=True):
        return super().convert_to_column(value and dump_reason(value), record, values, validate)

    def convert_to_cache(self, value, record, validate=True):
        return super().convert_to_cache(value and dump_reason(value), record, validate)

    def convert_to_read(self, value, record, use_display_name=True):
        # XML-RPC knows no other texts
        return value and str(super().convert_to_read(value, record, use_display_name))

    def convert_to_record(self, value, record):
        stored = super().convert_to_record(value, record)
        return stored and explain(record.env, load_reason(stored))
