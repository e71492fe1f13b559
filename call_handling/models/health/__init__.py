from . import call_alert, call_delivery, call_pbx_hour
