"""What contributors meet: workflows, checks before a commit, forms for issues, READMEs."""

import ast
import re

import docutils.core
import docutils.utils
import pytest
import yaml

from tools import cli, linting, paths, readmes

GITHUB = paths.ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(
    set((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")) - {GITHUB / "ISSUE_TEMPLATE/config.yml"}
)
TYPES = {"markdown", "textarea", "input", "dropdown", "checkboxes"}


def read(path):
    """Return the content of a YAML file."""
    return yaml.safe_load(path.read_text())


def find_steps(workflow):
    """Return the steps of all jobs."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def read_pins():
    """Return the versions of what tests and linters need."""
    text = (paths.REQUIREMENTS / "tests.txt").read_text()
    return dict(re.findall(r"^([\w-]+)==(\S+)$", text, re.MULTILINE))


# --- workflows ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_only_read_the_repository(path):
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in workflow["jobs"].values())
    assert "pull_request_target" not in path.read_text()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_a_version(path):
    used = [step["uses"] for step in find_steps(read(path)) if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[\w-]+@v\d+", action), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_run_commands_of_dev_that_exist(path):
    run = [step["run"].split() for step in find_steps(read(path)) if "run" in step]
    assert run
    for program, *arguments in run:
        assert program == "./dev"
        assert cli._parser().parse_args(arguments).command


def test_changes_are_linted_tested_and_packaged():
    run = {step.get("run") for path in WORKFLOWS for step in find_steps(read(path))}
    assert {"./dev lint", "./dev test", "./dev packages"} <= run


# --- checks before a commit --------------------------------------------------------------


def find_hook(name):
    """Return a hook and the version of its repository."""
    repos = read(paths.ROOT / ".pre-commit-config.yaml")["repos"]
    return next((h, repo.get("rev")) for repo in repos for h in repo["hooks"] if h["id"] == name)


@pytest.mark.parametrize(
    ("hook", "package"),
    [("ruff", "ruff"), ("ruff-format", "ruff"), ("pylint_odoo", "pylint-odoo")],
)
def test_a_commit_is_checked_by_the_same_versions_as_in_dev_lint(hook, package):
    assert find_hook(hook)[1] == f"v{read_pins()[package]}"


def test_a_commit_is_checked_by_the_same_rules_of_pylint_as_in_dev_lint():
    hook, _version = find_hook("pylint_odoo")
    assert f"--disable={','.join(linting.DISABLED_CHECKS)}" in hook["args"]


def test_pylint_reads_all_addons_before_a_commit_and_not_the_relay():
    pattern = re.compile(find_hook("pylint_odoo")[0]["files"])
    assert all(pattern.match(f"{addon}/models/x.py") for addon in paths.addons())
    assert not pattern.match("call_handling_relay/call_handling_relay/cli.py")


# --- issues and pull requests ------------------------------------------------------------


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_forms_are_ones_that_github_accepts(path):
    form = read(path)
    assert form["name"]
    assert form["description"]
    ids = [field["id"] for field in form["body"] if field["type"] != "markdown"]
    assert len(ids) == len(set(ids)) > 0
    for field in form["body"]:
        assert field["type"] in TYPES
        assert field["attributes"]["value" if field["type"] == "markdown" else "label"]


@pytest.mark.parametrize("name", ["bug.yml", "telephone-system.yml"])
def test_reports_ask_for_system_versions_and_the_diagnosis_file(name):
    fields = {f["id"]: f for f in read(GITHUB / "ISSUE_TEMPLATE" / name)["body"] if "id" in f}
    for required in ("telephone-system", "app-version", "odoo-version"):
        assert fields[required]["validations"]["required"]
    assert "*Diagnosis File*" in fields["diagnosis"]["attributes"]["description"]
    # There is none for what happens before anything is connected.
    assert not fields["diagnosis"]["validations"]["required"]


def test_nobody_is_led_to_publish_a_security_fault():
    assert "SECURITY.md" in (GITHUB / "ISSUE_TEMPLATE" / "bug.yml").read_text()
    assert read(GITHUB / "ISSUE_TEMPLATE" / "config.yml")["blank_issues_enabled"] is False


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", ".github/pull_request_template.md"])
def test_contributors_are_told_only_commands_that_exist(name):
    text = (paths.ROOT / name).read_text()
    commands = re.findall(r"\./dev ([a-z]+)", text)
    assert {"test", "lint"} <= set(commands)
    for command in commands:
        assert cli._parser().parse_args(
            [command, *(["19.0.1.0.0"] if command == "release" else [])]
        )


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "CODE_OF_CONDUCT.md"])
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)#]+)\)", (paths.ROOT / name).read_text()):
        assert target.startswith("https://") or (paths.ROOT / target).exists(), target


# --- addons ------------------------------------------------------------------------------


@pytest.mark.parametrize("addon", paths.addons())
def test_every_addon_is_built_with_whool(addon):
    text = (paths.ROOT / addon / "pyproject.toml").read_text()
    assert text == '[build-system]\nrequires = ["whool"]\nbuild-backend = "whool.buildapi"\n'


@pytest.mark.parametrize("path", readmes.render(), ids=lambda path: path.parent.name)
def test_every_readme_is_read_without_a_complaint(path):
    settings = {"report_level": docutils.utils.Reporter.INFO_LEVEL, "halt_level": 1}
    html = docutils.core.publish_string(
        path.read_text(), writer_name="html5", settings_overrides=settings
    ).decode()
    manifest = ast.literal_eval((path.parent / "__manifest__.py").read_text())
    assert f'<h1 class="title">{manifest["name"]}</h1>' in html
    assert "<h2>Usage</h2>" in html
    assert "<li>" in html


@pytest.mark.parametrize(
    ("markdown", "rst"),
    [
        ("Press *Lead*, **now**.", "Press *Lead*, **now**."),
        ("`a_b` and `c`", "``a_b`` and ``c``"),
        ("[text](https://x.example/y)", "`text <https://x.example/y>`__"),
    ],
)
def test_fragments_are_translated(markdown, rst):
    assert readmes.to_rst(markdown) == rst
