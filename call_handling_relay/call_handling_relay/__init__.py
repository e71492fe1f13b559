"""Sends the call events of Asterisk to Call handling in Odoo without losing any."""

__version__ = "1.0.0"
