# `call_pbx` first: the others extend its model.
# isort: off
from . import call_pbx
from . import (
    access,
    api,
    call_extension,
    call_peer,
    call_peer_decision,
    call_phone_state,
    findings,
    form,
    health,
    health_screen,
    certificates,
    lookup,
    numbers,
    original,
    peers,
    phone_states,
    relay,
    sender,
    simulation,
    waiting,
)
