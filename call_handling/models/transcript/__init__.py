# `call_transcript` first: the others extend its model.
# isort: off
from . import call_transcript, call_transcript_line
from . import call_call, call_line, res_company, transcribing, reading, correcting, keeping
