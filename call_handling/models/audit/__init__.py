from . import call_audit
