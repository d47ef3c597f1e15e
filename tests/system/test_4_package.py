"""The package's life after its installation: again, a newer one, away, and gone."""
import subprocess

import pytest

import footprint

EDIT = "; an administrator's remark\n"
NEWER_DEFAULT = "; a remark of the newer package's\n"


@pytest.fixture(scope="module")
def edited(service):
    """An administrator has edited the configuration: what it says now."""
    with service.configuration.open("a") as file:
        file.write(EDIT)
    return service.configuration.read_text()


def test_an_installation_over_itself_restarts_the_service(service, deb, edited):
    pid = service.pid
    service.install(deb)
    assert service.state == "active"
    assert service.pid != pid


def test_an_installation_over_itself_keeps_an_edit(service, edited):
    assert service.configuration.read_text() == edited


def test_an_upgrade_restarts_the_service_and_keeps_an_edit(service, deb, edited, tmp_path):
    pid = service.pid
    service.install(newer(deb, tmp_path))
    assert service.state == "active"
    assert service.pid != pid
    assert service.configuration.read_text() == edited


def test_a_removal_stops_the_service(service, edited):
    pid = service.pid
    service.container.run("dpkg", "--remove", "mcastd")
    assert service.state == "inactive"
    assert not service.container.path(f"/proc/{pid}").exists()


def test_a_removal_leaves_no_socket(service, edited):
    assert not service.container.path("/run/mcastd").exists()


def test_a_removal_leaves_no_entry_in_the_journals_catalog(service, edited):
    assert "mcastd" not in service.container.output("journalctl", "--no-pager", "--list-catalog")


def test_a_removal_keeps_an_edited_configuration(service, edited):
    assert service.configuration.read_text() == edited


@pytest.fixture(scope="module")
def purged(service):
    service.container.run("dpkg", "--purge", "mcastd")
    return service.container


def test_a_purge_leaves_no_file(purged, untouched):
    assert footprint.files(purged) - untouched["files"] == set()


def test_a_purge_takes_no_file_of_others(purged, untouched):
    assert untouched["files"] - footprint.files(purged) == set()


def test_a_purge_leaves_no_user(purged, untouched):
    assert footprint.users(purged) == untouched["users"]


def test_a_purge_leaves_no_group(purged, untouched):
    assert footprint.groups(purged) == untouched["groups"]


def test_a_purge_leaves_no_unit(purged, untouched):
    assert footprint.units(purged) - untouched["units"] == set()


def newer(deb, folder):
    """The same package with a higher version and another default configuration."""
    tree = folder / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", deb, tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text("".join(f"{line}+newer\n" if line.startswith("Version:") else f"{line}\n"
                               for line in control.read_text().splitlines()))
    with (tree / "etc/mcastd/mcastd.conf").open("a") as file:
        file.write(NEWER_DEFAULT)
    subprocess.run(["dpkg-deb", "--build", tree, folder / "newer.deb"], check=True, stdout=subprocess.DEVNULL)
    return folder / "newer.deb"
