"""Lets requests be signed as sipgate's, whose own key only sipgate has."""

import os

from odoo.addons.call_handling.adapters import sipgate

sipgate.PUBLIC_KEY = os.environ.get("CALL_FUZZ_SIPGATE_KEY", sipgate.PUBLIC_KEY)
