"""Every adapter is found, and its description is complete."""

import importlib

import pytest
from story_player import find_player

from adapters import ADAPTERS
from adapters.base import Proof, Settings
from adapters.guide import SystemKind
from adapters.registry import find_adapters

CODES = sorted(ADAPTERS)


def test_adapters_are_found_by_their_files():
    package = importlib.import_module("adapters")
    assert find_adapters(package) == ADAPTERS
    assert all(ADAPTERS[code].code == code for code in CODES)


def test_products_come_first_by_name_and_the_simulation_last():
    adapters = list(ADAPTERS.values())
    assert [a.guide.kind for a in adapters] == sorted(a.guide.kind for a in adapters)
    names = [a.name.lower() for a in adapters if a.guide.kind is SystemKind.PRODUCT]
    assert names == sorted(names)
    assert adapters[-1].code == "demo"


@pytest.mark.parametrize("code", [code for code in CODES if code != "demo"])
def test_every_telephone_system_has_the_shared_stories(code):
    assert find_player(code)


@pytest.mark.parametrize("code", CODES)
def test_the_api_is_not_set_up_without_its_fields(code):
    adapter = ADAPTERS[code](Settings())
    assert adapter.is_api_set_up() is False
    if not adapter.capabilities.dials:
        with pytest.raises(NotImplementedError):
            adapter.test()


@pytest.mark.parametrize("code", CODES)
def test_the_form_has_the_fields_that_the_api_needs(code):
    adapter = ADAPTERS[code]
    fields = {field.name for field in adapter.fields}
    assert set(adapter(Settings()).api_needs) <= fields | {"secret"}
    assert fields <= set(Settings.__dataclass_fields__)
    assert all(field.label for field in adapter.fields)
    assert not adapter.fields or adapter.capabilities.dials


@pytest.mark.parametrize("code", CODES)
def test_the_steps_mention_the_file_if_there_is_one(code):
    adapter = ADAPTERS[code]
    steps = " ".join(adapter.guide.steps)
    assert ("{file}" in steps) == bool(adapter(Settings()).make_configuration())
    assert adapter.guide.steps or adapter.capabilities.simulates


@pytest.mark.parametrize("code", CODES)
def test_only_a_secret_of_the_system_has_its_own_label(code):
    adapter = ADAPTERS[code]
    if adapter.capabilities.proof is not Proof.THEIR_SECRET:
        assert adapter.secret_label == "Secret"
