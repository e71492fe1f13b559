"""Generates parts of the docs from the code: the pages and tables of the telephone systems from
their adapters, and the table of outcomes.

The adapters are plain Python, so Odoo is not needed.
"""

import sys

from . import paths
from .console import say

sys.path.append(str(paths.ROOT / "call_handling"))

from adapters import ADAPTERS  # noqa: E402
from adapters.base import Proof  # noqa: E402
from adapters.guide import SystemKind  # noqa: E402
from adapters.outcome import Outcome  # noqa: E402

SYSTEMS = paths.ROOT / "docs" / "telephone-systems"
EVENT_API = paths.ROOT / "docs" / "event-api.md"
ICONS = "../../call_handling/static/img/systems"
GENERATED = "<!-- Made by `./dev docs` from `{source}`: change it there. -->"

INDEX = """\
# Telephone systems

{generated}

Connecting one always begins in the same way: *Calls → Configuration → Telephone Systems → New*, a name, and the system. The form then shows the address to copy, the fields that this system needs, and the steps of its page below. *Test Connection* sends a request to our own address, and one to the telephone system itself if it has an API that you have set up.

## What they can do

{capabilities}

*While it goes on* means that a call can be seen in Odoo while it rings; *after its end*, that it appears afterwards. The simulated telephone system is for trying the app.

Not with any system: recordings are not fetched, nor are calls from before the connection.

One phone may have several names: enter a row for each under *Extensions*. What the telephone system sends is shown under *Last Events*; when in doubt, make a call and copy the name from there.

If events are refused, the form shows their number and the reason of the last refusal; the answer to the sender does not. Messages that were accepted but not understood are listed under *Configuration → Failed Events* with the reason, and can be replayed. If Odoo serves several databases at one address, the sender must choose one with the header `X-Odoo-Database: <name>`.

## What was tested against what

Nobody owns every telephone system. *By the documents* means: built and tested as the vendor describes it, but not yet seen working with the real system. If you have seen one of them work, or not work, please report it.

{tested}

## Another telephone system

A telephone system that can send HTTP requests can send the [event API](../event-api.md). How to write an adapter is described in [How it works](../how-it-works.md#a-telephone-system).
"""  # noqa: E501

PAGE = """\
# {name}

{generated}

<img src="{icons}/{code}.svg" alt="" width="48">

{capabilities}

## Set-up

As the form of the telephone system in Odoo shows it; *above* and *below* mean fields of the form.

{steps}
"""


def run():
    """Write all generated pages.

    :return: exit status
    :rtype: int
    """
    SYSTEMS.mkdir(exist_ok=True)
    pages = render()
    for path in SYSTEMS.glob("*.md"):
        if path not in pages:
            path.unlink()
    for path, text in pages.items():
        path.write_text(text)
    say(f"{len(pages)} pages are up to date.")
    return 0


def render():
    """Return the generated pages by path.

    :rtype: dict[pathlib.Path, str]
    """
    pages = {SYSTEMS / "README.md": _index()}
    for adapter in _systems():
        pages[SYSTEMS / f"{adapter.code}.md"] = _page(adapter)
    pages[EVENT_API] = _replace(EVENT_API.read_text(), "outcomes", _outcomes())
    return pages


def _systems():
    return [a for a in ADAPTERS.values() if a.guide.kind is not SystemKind.SIMULATION]


def _index():
    source = "call_handling/adapters/"
    rows = [[f"[{a.name}]({a.code}.md)", *_capabilities(a).values()] for a in _systems()]
    head = ["system", *(name[0].lower() + name[1:] for name in _capabilities(_systems()[0]))]
    tested = [
        [f"[{a.name}]({a.code}.md)", a.guide.tested.messages, a.guide.tested.proof]
        + [a.guide.tested.api]
        for a in _systems()
    ]
    return INDEX.format(
        generated=GENERATED.format(source=source),
        capabilities=_table(head, rows),
        tested=_table(["system", "what it sends", "its proof", "how it is asked to dial"], tested),
    )


def _capabilities(adapter):
    """Return what the system can do, as texts by heading."""
    capabilities, guide = adapter.capabilities, adapter.guide
    proofs = {
        Proof.OUR_SECRET: "a secret of Odoo's",
        Proof.THEIR_SECRET: f"its secret ({adapter.secret_label})",
        Proof.PUBLISHED: "its vendor's public key",
        Proof.ADDRESS: "nothing but the address",
    }
    return {
        "Proves its identity by": proofs[capabilities.proof],
        "Reports a call": "while it goes on" if capabilities.live else "after its end",
        "Reports transfers": guide.transfers or _yes(capabilities.transfers),
        "Dials from Odoo": guide.dialling or _yes(capabilities.dials),
        "Enter under *Extensions*": guide.extensions,
    }


def _yes(value):
    return "yes" if value else "no"


def _page(adapter):
    guide = adapter.guide
    text = PAGE.format(
        name=adapter.name,
        generated=GENERATED.format(source=_source(adapter)),
        icons=ICONS,
        code=adapter.code,
        capabilities=_list(_capabilities(adapter)),
        steps="\n".join(f"{n}. {_step(adapter, s)}" for n, s in enumerate(guide.steps, 1)),
    )
    if guide.details:
        text += f"\n{guide.details.strip()}\n"
    if adapter.fields:
        text += f"\n## Fields for dialling\n\n{_fields(adapter)}\n"
    for title, entries in (
        ("Supported", guide.supported),
        ("Not supported", guide.not_supported),
        ("Not confirmed", guide.not_confirmed),
    ):
        if entries:
            text += f"\n## {title}\n\n" + "".join(f"* {entry}\n" for entry in entries)
    tested = guide.tested
    parts = {"What it sends": tested.messages, "Its proof": tested.proof}
    parts |= {"How it is asked to dial": tested.api} if adapter.capabilities.dials else {}
    return text + f"\n## Tested against\n\n{_list(parts)}\n"


def _source(adapter):
    """Return the path of the adapter's module or package."""
    place = f"call_handling/{adapter.__module__.replace('.', '/')}"
    return place if (paths.ROOT / place).is_dir() else f"{place}.py"


def _step(adapter, text):
    if "{file}" not in text:
        return text
    from adapters.settings import Settings

    name = adapter(Settings()).make_configuration().name
    return text.replace("{file}", f"*{name}*")


def _fields(adapter):
    rows = [
        [field.label, field.placeholder.removeprefix("e.g. "), _yes(field.required), field.help]
        for field in adapter.fields
    ]
    return _table(["field", "for example", "required", "meaning"], rows)


def _outcomes():
    rows = [
        [
            f"`{outcome.value}`",
            outcome.label,
            _yes(not outcome.is_leg_only),
            _yes(outcome.is_cause),
        ]
        for outcome in Outcome
    ]
    return _table(["outcome", "label", "of calls", "can be sent as `cause`"], rows)


def _list(parts):
    return "\n".join(f"* {name}: {text}" for name, text in parts.items())


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in r)} |" for r in lines)


def _replace(text, name, part):
    """Replace the generated part of a page, which is between two comments."""
    begin, end = f"<!-- {name}: made by `./dev docs` -->", f"<!-- end of {name} -->"
    before, _begin, rest = text.partition(begin)
    _old, _end, after = rest.partition(end)
    return f"{before}{begin}\n\n{part}\n\n{end}{after}"
