from . import call_pbx_secret_show, call_pbx_simulate
