"""Brings the call events of an Asterisk to Call handling in Odoo, and loses none."""

__version__ = "1.0.0"
