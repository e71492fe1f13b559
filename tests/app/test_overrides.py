"""No method of a model replaces another one of the same name by accident.

A model is spread over files, and the last one wins: a method that does not call ``super`` makes the
one in another file vanish.
"""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
ADDONS = sorted(path.parent for path in ROOT.glob("call_handling*/__manifest__.py"))


def find_model(node):
    """Return the name of the model of a class; ``None`` if it has none."""
    given = {}
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            name = line.targets[0].id
            if name in ("_name", "_inherit") and isinstance(line.value, ast.Constant):
                given[name] = line.value.value
    return given.get("_name") or given.get("_inherit")


def find_replacing(sources):
    """Return where methods are that do not call ``super``, by model and name, if there are several.

    :param sources: pairs of a place and its code
    """
    found = defaultdict(list)
    for place, source in sources:
        for node in ast.walk(ast.parse(source)):
            model = find_model(node) if isinstance(node, ast.ClassDef) else None
            for method in node.body if model else ():
                is_method = isinstance(method, ast.FunctionDef)
                if is_method and "super" not in {
                    each.id for each in ast.walk(method) if isinstance(each, ast.Name)
                }:
                    found[model, method.name].append(place)
    return {method: places for method, places in found.items() if len(places) > 1}


def test_no_method_replaces_one_of_another_file():
    files = [
        path
        for addon in ADDONS
        for path in addon.rglob("*.py")
        if not {"tests", "migrations"} & set(path.parts)
    ]
    assert len(files) > 100
    assert find_replacing((path.relative_to(ROOT), path.read_text()) for path in files) == {}


def test_the_search_finds_one():
    first = 'class A:\n    _name = "a"\n    def f(self):\n        return 1\n'
    second = 'class A:\n    _inherit = "a"\n    def f(self):\n        return 2\n'
    override = second.replace("return 2", "return super().f()")
    assert find_replacing([("x", first), ("y", second)]) == {("a", "f"): ["x", "y"]}
    assert find_replacing([("x", first), ("y", override)]) == {}
