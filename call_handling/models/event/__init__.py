from . import (
    call_event,
    call_reference,
    closed,
    inserting,
    replaying,
    retrying,
    unreadable,
    waiting,
)
