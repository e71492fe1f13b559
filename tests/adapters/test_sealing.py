"""Numbers in addresses are read by nobody but us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sealing import seal, unseal
from adapters.settings import Settings

OURS = Settings(webhook_url="https://odoo.example.com/call_handling/pbx/token")
OTHER = Settings(webhook_url="https://odoo.example.com/call_handling/pbx/other")


@given(st.text(max_size=30))
def test_what_was_sealed_can_be_read_again(text):
    assert unseal(seal(text, OURS), OURS) == text


@pytest.mark.parametrize("foreign", ["", "+12025550142", "ü", seal("+12025550142", OTHER)])
def test_what_is_not_from_us_is_nothing(foreign):
    assert unseal(foreign, OURS) is None
