# `call_call` first: the others extend its model. Then each concern after those that it relies on:
# what happened, who it was, whose call it is, what follows from it, and at last what people do.
# Where two of them extend the same method, the later one is called first.
from . import call_call, call_leg, call_note  # isort: split
from . import facts, contact, assignment, unwanted, rules, callbacks, jobs  # isort: split
from . import follow_up, attach, meeting, undo  # isort: split
from . import card, private, dialled, manual, timesheet  # isort: split
