# `call_audit` first: `access_log` extends its model.
# isort: off
from . import call_audit
from . import access_log
from . import pivot_log
