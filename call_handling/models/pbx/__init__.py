# `call_pbx` first: the others extend its model.
from . import call_pbx  # isort: split
from . import access, api, call_extension, form, lookup, simulation
