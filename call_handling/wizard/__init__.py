from . import (
    base_partner_merge,
    call_callback_close,
    call_contact_erase,
    call_handover,
    call_pbx_secret_show,
    call_pbx_simulate,
    call_pbx_test_dial,
    call_peer_phone,
    call_private_confirm,
    call_retention_preview,
    call_unwanted,
    hr_departure_wizard,
)
