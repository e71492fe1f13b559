"""Everything that a telephone system is said to do with a running call is asked as documented."""

import pytest
from control_player import Control, find_controls, make_adapter, make_running, read_request

from adapters import ADAPTERS
from adapters.api import ApiError, Problem
from adapters.base import Action, RecordingAbility, Settings, Target

REAL = {code: a for code, a in ADAPTERS.items() if not a.capabilities.simulates}
CONTROLLING = {code: a for code, a in REAL.items() if a.capabilities.controls}
CASES = [
    pytest.param(code, case, id=f"{code}-{case.action.value}-{place}")
    for code in CONTROLLING
    for place, case in enumerate(find_controls(code))
]
REFUSALS = [
    pytest.param(code, case, refusal, id=f"{code}-{case.action.value}-{refusal[0]}")
    for code in CONTROLLING
    for case in find_controls(code)
    for refusal in case.refusals
]


def prepare(api, code, case: Control, status, body):
    adapter = make_adapter(ADAPTERS[code], api.url)
    running = make_running(adapter, case.sent, case.phone, case.accepted)
    for answer in case.login:
        api.will_answer(answer)
    api.will_answer(body, status)
    return adapter, running


@pytest.mark.parametrize("code", CONTROLLING)
def test_every_declared_control_has_a_request_that_its_documentation_shows(code):
    shown = {case.action for case in find_controls(code)}
    assert shown == ADAPTERS[code].capabilities.controls


@pytest.mark.parametrize("code", CONTROLLING)
def test_every_kind_of_target_has_a_request_that_its_documentation_shows(code):
    adapter = make_adapter(ADAPTERS[code], "")
    kinds = {True: Target.EXTENSION, False: Target.NUMBER}
    transfers = [case for case in find_controls(code) if case.action is Action.TRANSFER]
    shown = {kinds[adapter.is_phone(case.target)] for case in transfers}
    if Action.TRANSFER in adapter.capabilities.controls:
        assert shown == adapter.capabilities.targets


@pytest.mark.parametrize("code", CONTROLLING)
def test_a_refusal_is_tried_with_every_system(code):
    assert any(case.refusals for case in find_controls(code))


@pytest.mark.parametrize("code", REAL)
def test_what_is_not_offered_has_a_reason(code):
    adapter = ADAPTERS[code]
    assert set(adapter.guide.uncontrolled) == set(Action) - adapter.capabilities.controls


@pytest.mark.parametrize("code", CONTROLLING)
def test_only_calls_that_are_reported_while_they_go_on_are_controlled(code):
    assert ADAPTERS[code].capabilities.live


@pytest.mark.parametrize(("code", "case"), CASES)
def test_the_documented_request_is_sent_once(api, code, case):
    adapter, running = prepare(api, code, case, *case.answer)
    assert case.action in adapter.find_controls(running)
    adapter.control(case.action, running, case.target)
    assert len(api.requests) == len(case.login) + 1
    expected = (case.method, case.path, case.query, case.content)
    assert read_request(api.requests[-1], case.content, case.query) == expected


@pytest.mark.parametrize("code", REAL)
def test_what_can_be_asked_about_recording_can_be_done_there(code):
    capabilities = ADAPTERS[code].capabilities
    needed = {
        Action.RECORD: RecordingAbility.START,
        Action.PAUSE_RECORDING: RecordingAbility.PAUSE,
        Action.RESUME_RECORDING: RecordingAbility.PAUSE,
        Action.STOP_RECORDING: RecordingAbility.STOP,
    }
    asked = {needed[action] for action in capabilities.controls & needed.keys()}
    assert asked <= capabilities.recordings


@pytest.mark.parametrize(("code", "case", "refusal"), REFUSALS)
def test_a_refusal_is_reported_and_not_repeated(api, code, case, refusal):
    status, body, said = refusal
    adapter, running = prepare(api, code, case, status, body)
    with pytest.raises(ApiError) as error:
        adapter.control(case.action, running, case.target)
    assert said in error.value.detail
    assert error.value.problem in (Problem.REFUSED, Problem.UNAUTHORIZED)
    assert len(api.requests) == len(case.login) + 1


@pytest.mark.parametrize(("code", "case"), CASES)
def test_a_request_without_an_answer_is_not_repeated(api, code, case):
    adapter, running = prepare(api, code, case, *case.answer)
    api.answers[len(case.login) :] = []  # the server closes the connection
    with pytest.raises(ApiError) as error:
        adapter.control(case.action, running, case.target)
    assert error.value.problem is Problem.UNREACHABLE
    assert len(api.requests) == len(case.login) + 1


@pytest.mark.parametrize(("code", "case"), CASES)
def test_nothing_is_offered_without_the_settings_of_the_api(code, case):
    adapter = ADAPTERS[code](Settings())
    assert not adapter.find_controls(make_running(adapter, case.sent, case.phone, case.accepted))


@pytest.mark.parametrize(
    ("code", "case"), [param for param in CASES if param.values[1].action is Action.TRANSFER]
)
def test_what_cannot_be_dialled_is_not_asked(api, code, case):
    adapter = make_adapter(ADAPTERS[code], api.url)
    running = make_running(adapter, case.sent, case.phone, case.accepted)
    for target in ("1;DROP", "10 1", "<Reject/>", ""):
        with pytest.raises(ApiError):
            adapter.control(Action.TRANSFER, running, target)
    assert api.requests == []
