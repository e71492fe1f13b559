"""Bounds of the dates that people enter."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import format_date

EARLIEST = fields.Datetime.to_datetime("2000-01-01")
AHEAD = 36525  # days: a hundred years


def check_date(record, name, value):
    """Check that a date which somebody enters can be meant: a wrong one, such as one in the year
    1 or 9999, would be in the way of everything that is sorted and computed by it.

    :param record: of the model, for the name of the field and the language
    :param str name: of a date or datetime field; its attribute ``days_ahead`` says how far ahead
        it may be, by default a hundred years
    :param value: what is written, in UTC; may be empty
    :raise UserError: no such date can be meant
    """
    field = record._fields[name]
    try:
        moment = fields.Datetime.to_datetime(value)
    except (AttributeError, TypeError, ValueError) as error:
        label = field._description_string(record.env)
        raise UserError(record.env._("%s: this is no date.", label)) from error
    latest = fields.Datetime.now() + timedelta(getattr(field, "days_ahead", None) or AHEAD)
    if moment and not EARLIEST <= moment <= latest:
        raise UserError(
            record.env._(
                "%(field)s: check the date. It must be between %(first)s and %(last)s.",
                field=field._description_string(record.env),
                first=format_date(record.env, EARLIEST.date()),
                last=format_date(record.env, latest.date()),
            )
        )
