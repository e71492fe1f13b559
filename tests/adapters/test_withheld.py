"""A number that was withheld is recognised in every system's words; a number never is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.event import ANONYMOUS
from adapters.reading import is_withheld, number

WITHHELD = """
anonymous|Anonymous|ANONYMOUS|anonymous@anonymous.invalid|sip:anonymous@anonymous.invalid
Anonymous <sip:anonymous@anonymous.invalid>|"Anonymous" <sip:c8oqz84zk7z@privacy.example.org>
<sip:unavailable@unknown.invalid>|tel:anonymous|sip:anonymous@pbx.example.com
0000000000|00000000|+0000000000|sip:0000000000@pbx.example.com|-1|P|p
PRIVATE NUMBER|Private|private-number|private_number|Unknown Number|unknown|Unknown Caller
Restricted|Unavailable|Withheld|Number Withheld|withheld number|Blocked|Hidden|No Caller ID
Not Available|Out of Area|unbekannt|Unbekannter Anrufer|Rufnummer unterdrückt|Anonym|Privat
Unterdrückte Nummer|Ohne Rufnummer|Privé|Numéro masqué|Numéro privé|Inconnu|Appel anonyme
Privado|Número Privado|Número oculto|Desconocido|Anónimo|Numero privato|Sconosciuto|Anonimo
Anoniem|Onbekend nummer|Privénummer verborgen|Skjult nummer|Okänt nummer|Dolt nummer|Nieznany
Numer zastrzeżony|Neznámé číslo|Скрытый номер|Неизвестный|非通知|匿名
"""


@pytest.mark.parametrize("sent", WITHHELD.strip().replace("\n", "|").split("|"))
def test_a_withheld_number_is_recognised(sent):
    assert number({"from": sent}, "from") == ANONYMOUS


@pytest.mark.parametrize("sent", ["", " ", None, "<unknown>", "none", "null", "-", "undefined"])
def test_no_number_is_not_a_withheld_number(sent):
    assert number({"from": sent}, "from") is None


@pytest.mark.parametrize(
    "sent",
    ["101", "0", "00", "+12025550142", "alice", "anonymous1", "Privat Bank", "private/101", "s"]
    + ['"Unknown" <sip:+12025550142@pbx.example.com>', "client:ann", "unknown:12025550142"],
)
def test_what_was_sent_is_kept(sent):
    assert number({"from": sent}, "from") == sent


@given(st.from_regex(r"\+?[0-9]{0,6}[1-9][0-9]{0,8}", fullmatch=True), st.text(max_size=5))
def test_digits_are_never_taken_for_a_withheld_number(digits, name):
    assert not is_withheld(digits)
    assert not is_withheld(f"sip:{digits}@pbx.example.com")


@given(st.text(max_size=60))
def test_any_text_is_read(text):
    assert is_withheld(text) in (True, False)
