# The order counts: of methods that several files extend, that of the later file runs first.
# `call_call` defines the model. Each concern follows those that it relies on: what happened, who
# it was, whose call it is, what follows from it, what screens show, and what people change.
# isort: off
from . import call_call, call_leg, call_note, call_work
from . import batches
from . import joined
from . import facts, contact, lost_contact, assignment, unwanted, history, rules, callbacks, jobs
from . import people, searching, visible
from . import follow_up, attach, meeting, undo, links, passages, audience
from . import ownerless
from . import card, permission, others, private, anonymize, meeting_series, retention
from . import manual, bulk_edit, timesheet, time_reason, deletion, push, reported
