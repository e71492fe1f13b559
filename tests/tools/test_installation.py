"""What an administrator installs with: requirements, compose.yaml, the relay's container, the docs.

Containers do not run here. Their files are compared with the addons, the docs, and what the image
odoo:19 documents.
"""

import ast
import configparser
import re
import shlex

import pytest
import yaml

from tools import paths

ADDONS = paths.addons()
RELAY = paths.ROOT / "call_handling_relay"
INSTALL = (paths.ROOT / "docs" / "install.md").read_text()
COMPOSE = yaml.safe_load((paths.ROOT / "compose.yaml").read_text())
ODOO, DB = COMPOSE["services"]["odoo"], COMPOSE["services"]["db"]
# As the page of the image describes it
DOCUMENTED_VARIABLES = {"HOST", "PORT", "USER", "PASSWORD"}
DOCUMENTED_FOLDERS = ("/mnt/extra-addons", "/var/lib/odoo", "/etc/odoo")


def read_manifest(addon):
    """Return the manifest of an addon."""
    return ast.literal_eval((paths.ROOT / addon / "__manifest__.py").read_text())


def read_python_packages():
    """Return the Python packages that the addons need, and Debian's names for them."""
    needed = [read_manifest(addon).get("external_dependencies", {}) for addon in ADDONS]
    python = {name for each in needed for name in each.get("python", ())}
    debian = {name for each in needed for name in each.get("apt", {}).values()}
    return python, debian


# --- requirements.txt and the docs -------------------------------------------------------


def test_requirements_are_what_the_manifests_list():
    lines = (paths.ROOT / "requirements.txt").read_text().splitlines()
    listed = [line for line in lines if not line.startswith("#")]
    assert listed == sorted(read_python_packages()[0])


def test_soundfile_is_mentioned_and_optional():
    assert "# soundfile\n" in (paths.ROOT / "requirements.txt").read_text()
    assert "soundfile" not in read_python_packages()[0]


def test_the_docs_install_the_packages_of_debian_that_the_manifests_name():
    debian = read_python_packages()[1]
    lines = re.findall(r"^apt-get install (python3-crypto.*)$", INSTALL, re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        assert set(line.split()) == debian


@pytest.mark.parametrize(
    "title",
    [
        "Source checkout",
        "Debian package",
        "Container",
        "odoo.sh",
        "Wheels",
        "Behind a proxy",
        "Several databases",
    ],
)
def test_the_docs_have_each_way(title):
    assert f"\n## {title}\n" in INSTALL


def test_links_within_the_page_lead_to_its_titles():
    titles = re.findall(r"^## (.*)$", INSTALL, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    links = set(re.findall(r"\]\(#([^)]+)\)", INSTALL))
    assert links
    assert links <= anchors


def test_the_docs_say_that_the_containers_were_not_started():
    assert "**not started**" in INSTALL
    assert "was not built" in (RELAY / "README.md").read_text()


# --- compose.yaml ------------------------------------------------------------------------


def read_mounts(service):
    """Return the places in the container by what is mounted there."""
    return {mount.split(":")[1]: mount.split(":") for mount in service["volumes"]}


def test_the_images_are_odoo_19_and_postgresql_16():
    assert (ODOO["image"], DB["image"]) == ("odoo:19", "postgres:16")


def test_odoo_gets_only_variables_that_its_image_documents_and_those_of_the_database():
    given = ODOO["environment"]
    assert set(given) <= DOCUMENTED_VARIABLES
    assert given["HOST"] in COMPOSE["services"]
    assert given["USER"] == DB["environment"]["POSTGRES_USER"]


def test_there_is_no_password_in_the_repository():
    written = ODOO["environment"]["PASSWORD"], DB["environment"]["POSTGRES_PASSWORD"]
    assert all(re.match(r"\$\{POSTGRES_PASSWORD(:\?[^}]+)?\}$", each) for each in written)
    assert ":?" in written[1], "a missing password has to be an error"
    assert "POSTGRES_PASSWORD=" in INSTALL
    assert ".env" in (paths.ROOT / ".gitignore").read_text().splitlines()


def test_every_addon_is_mounted_where_odoo_looks_and_cannot_be_changed():
    mounts = read_mounts(ODOO)
    for addon in ADDONS:
        source, target, mode = mounts[f"/mnt/extra-addons/{addon}"]
        assert (paths.ROOT / source).resolve() == paths.ROOT / addon
        assert mode == "ro"
    assert len([each for each in mounts if "extra-addons" in each]) == len(ADDONS)
    assert all(each.startswith(DOCUMENTED_FOLDERS) for each in mounts)


def test_the_settings_name_the_folders_of_the_image():
    settings = configparser.ConfigParser()
    (source, target, mode) = read_mounts(ODOO)["/etc/odoo/odoo.conf"]
    assert mode == "ro"
    assert settings.read(paths.ROOT / source)
    options = settings["options"]
    assert options["addons_path"] == "/mnt/extra-addons"
    assert options["data_dir"] in read_mounts(ODOO)
    assert options["list_db"] == "False"
    assert options["proxy_mode"] == "True"


def test_files_and_database_are_in_volumes_that_are_kept():
    kept = {read_mounts(ODOO)["/var/lib/odoo"][0]}
    kept.add(read_mounts(DB)["/var/lib/postgresql/data"][0])
    assert kept == set(COMPOSE["volumes"])


def test_no_port_is_open_to_others():
    assert "ports" not in DB
    for port in ODOO["ports"]:
        assert port.startswith("127.0.0.1:")
        assert port.split(":")[1] in INSTALL


def test_odoo_waits_for_a_database_that_answers():
    assert ODOO["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert DB["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    assert ODOO["healthcheck"]["test"][-1].endswith("/web/health")


@pytest.mark.parametrize("place", [*DOCUMENTED_FOLDERS, "HOST", "USER", "PASSWORD"])
def test_the_docs_explain_what_the_image_documents(place):
    assert f"`{place}`" in INSTALL


def test_the_docs_call_only_services_that_exist():
    called = re.findall(r"docker compose run --rm (\w+)", INSTALL)
    assert called
    assert set(called) <= set(COMPOSE["services"])


# --- the relay ---------------------------------------------------------------------------


def read_containerfile():
    """Return the instructions of the last stage, with what follows them."""
    text = (RELAY / "Containerfile").read_text().replace("\\\n", " ")
    lines = [line.split(None, 1) for line in text.splitlines() if line and line[0] != "#"]
    stages = [number for number, (word, _rest) in enumerate(lines) if word == "FROM"]
    return lines[stages[-1] :]


def test_the_relay_in_the_container_is_not_root():
    words = [word for word, _rest in read_containerfile()]
    instructions = dict(read_containerfile())
    assert words.index("USER") < words.index("ENTRYPOINT")
    uid = instructions["USER"]
    assert int(uid) > 0
    assert f"--uid {uid} call-handling-relay" in instructions["RUN"]
    assert f"-o {uid} " in (RELAY / "README.md").read_text()


def test_the_container_starts_the_command_of_the_package():
    instructions = dict(read_containerfile())
    (command,) = yaml.safe_load(instructions["ENTRYPOINT"])
    assert f'\n{command} = "' in (RELAY / "pyproject.toml").read_text()


def test_settings_and_events_of_the_relay_are_volumes():
    instructions = dict(read_containerfile())
    settings_folder, data = yaml.safe_load(instructions["VOLUME"])
    _option, settings = yaml.safe_load(instructions["CMD"])
    assert settings.startswith(f"{settings_folder}/")
    assert f'folder = "{data}"' in (RELAY / "call-handling-relay.toml").read_text()
    assert f"-o call-handling-relay -m 700 {data}" in instructions["RUN"]
    readme = (RELAY / "README.md").read_text()
    runs = [line for line in readme.splitlines() if line.startswith("podman run")]
    assert len(runs) == 2
    for run in runs:
        assert f"-v {settings_folder}:{settings_folder}:ro" in run
        assert any(part.endswith(f":{data}") for part in shlex.split(run))
    assert f" {settings}\n" in readme


def test_the_package_of_the_relay_says_what_it_is():
    text = (RELAY / "pyproject.toml").read_text()
    assert 'license = "LGPL-3.0-only"' in text
    assert (RELAY / "LICENSE").read_text() == (paths.ROOT / "LICENSE").read_text()
    for minor in range(10, 14):
        assert f'"Programming Language :: Python :: 3.{minor}"' in text
    assert "License ::" not in text, "packages with a licence expression are refused with it"
