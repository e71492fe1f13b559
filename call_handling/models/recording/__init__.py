# `call_recording` first: the others extend its model.
# isort: off
from . import call_recording, call_recording_rule
from . import arriving, controlling, deciding, fetching, converting, removing, keeping, listening
from . import call_recording_removal, call_pbx, listeners, kept
