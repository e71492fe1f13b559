from . import call_call, call_import, call_import_row, call_pbx, taking, undo
