"""What the page about telephone systems says is what the adapters say of themselves."""

from pathlib import Path

import pytest

from adapters import ADAPTERS
from adapters.base import Proof, Settings

PAGE = Path(__file__).parents[2] / "docs" / "telephone-systems.md"
ROWS = {
    cells[0].strip("[ ").partition("]")[0]: [cell.strip() for cell in cells[1:]]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| [") and (cells := line.strip("|").split("|"))
}
NAMES = {"asterisk": "Asterisk, FreePBX", "freeswitch": "FreeSWITCH, FusionPBX"}
SYSTEMS = sorted(ADAPTERS.keys() - {"demo", "generic", "zammad"})


def test_every_system_has_its_row_and_its_section():
    names = {NAMES.get(code, ADAPTERS[code].name) for code in SYSTEMS}
    assert names == ROWS.keys()
    headings = [line[3:] for line in PAGE.read_text().splitlines() if line.startswith("## ")]
    assert {name.replace(", ", " and ") for name in names} <= set(headings)


@pytest.mark.parametrize("code", SYSTEMS)
def test_the_row_says_what_the_adapter_says(code):
    can = ADAPTERS[code].capabilities
    proof, tells, transfers, dials, _extension = ROWS[NAMES.get(code, ADAPTERS[code].name)]
    assert proof.startswith("our secret") == (can.proof is Proof.OUR_SECRET)
    assert tells.startswith("while it goes on") == can.live
    assert (transfers != "no") == can.transfers
    assert (dials != "no") == can.dials


@pytest.mark.parametrize("code", sorted(ADAPTERS))
def test_what_cannot_be_asked_says_so(code):
    adapter = ADAPTERS[code](Settings())
    assert adapter.code == code
    assert adapter.is_api_set_up() is False
    if not adapter.capabilities.dials:
        with pytest.raises(NotImplementedError):
            adapter.test()
