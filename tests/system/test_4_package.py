"""The package's life after its installation: again, a newer one, away, and gone."""
import os
import subprocess

import pytest

import footprint

EDIT = "; an administrator's remark\n"
NEWER_DEFAULT = "; a remark of the newer package's\n"
NEWER_KEYS = "# a remark of the newer package's\n"
KEYS_TEXT = "/usr/share/mcastd/keys"


@pytest.fixture(scope="module")
def edited(service):
    """An administrator has edited the configuration: what it says now."""
    with service.configuration.open("a") as file:
        file.write(EDIT)
    return service.configuration.read_text()


@pytest.fixture(scope="module")
def keyed(service):
    """An administrator has added a key: what the file of keys is now."""
    with service.keys.open("a") as file:
        file.write(f"7 {os.urandom(32).hex()}\n")
    return keys_of(service)


def keys_of(service):
    """What stands there, and who may read it."""
    status = service.keys.stat()
    return service.keys.read_text(), status.st_uid, status.st_mode & 0o7777


def test_the_file_of_keys_is_none_of_the_packages(deb):
    """Else dpkg would show its difference, which is secrets, to who is asked about an upgrade."""
    listing = subprocess.run(["dpkg-deb", "--contents", deb], check=True, capture_output=True, text=True).stdout
    conffiles = subprocess.run(["dpkg-deb", "--info", deb, "conffiles"], check=True, capture_output=True, text=True).stdout
    assert [line.split()[5] for line in listing.splitlines() if "/etc/" in line] == [
        "./etc/", "./etc/mcastd/", "./etc/mcastd/mcastd.conf"]
    assert conffiles == "/etc/mcastd/mcastd.conf\n"


def test_an_installation_makes_the_file_of_keys_where_it_is_missing(service, deb):
    text, *_ = keys_of(service)
    service.keys.unlink()
    service.install(deb)
    assert keys_of(service) == (text, 0, 0o400)
    assert text == service.container.path(KEYS_TEXT).read_text()


@pytest.mark.parametrize("staged, made", [("", ["0:0 400 /etc/mcastd/keys"]), ("DESTDIR=/etc/stage", [])], ids=["here", "staged"])
def test_an_installation_by_cmake_makes_the_file_of_keys_on_the_host_itself_alone(staged, made, deb):
    build = deb.parent
    if not (build / "cmake_install.cmake").exists():
        pytest.skip("the package does not lie where it was built")
    # What is written goes to folders in memory: nothing is changed on this host, nor where it was built.
    script = f"""
        for folder in /etc /lib/systemd /usr/lib/sysusers.d; do mount -t tmpfs none $folder; done
        mkdir /etc/upper /etc/work
        mount -t overlay none -o lowerdir='{build}',upperdir=/etc/upper,workdir=/etc/work '{build}'
        env {staged} cmake --install '{build}' --prefix /etc/prefix >/dev/null
        find /etc -path '*/etc/mcastd/keys' -exec stat --format='%u:%g %a %n' {{}} +
        find /etc -path '*/etc/mcastd/mcastd.conf' | grep -q ."""
    outcome = subprocess.run(["unshare", "--mount", "sh", "-ec", script], check=True, stdout=subprocess.PIPE, text=True)
    assert outcome.stdout.splitlines() == made


def test_an_installation_over_itself_restarts_the_service(service, deb, edited):
    pid = service.pid
    service.install(deb)
    assert service.state == "active"
    assert service.pid != pid


def test_an_installation_over_itself_keeps_an_edit(service, edited):
    assert service.configuration.read_text() == edited


def test_an_installation_over_itself_keeps_the_keys(service, deb, keyed):
    service.install(deb)
    assert keys_of(service) == keyed


def test_an_upgrade_restarts_the_service_and_keeps_an_edit_and_the_keys(service, deb, edited, keyed, tmp_path):
    pid = service.pid
    service.install(newer(deb, tmp_path))
    assert service.state == "active"
    assert service.pid != pid
    assert service.configuration.read_text() == edited
    assert keys_of(service) == keyed == (keyed[0], 0, 0o400)
    assert service.container.path(KEYS_TEXT).read_text().endswith(NEWER_KEYS)
    assert {path.name for path in service.keys.parent.iterdir()} == {"mcastd.conf", "mcastd.conf.dpkg-dist", "keys"}


def test_a_removal_stops_the_service(service, edited):
    pid = service.pid
    service.container.run("dpkg", "--remove", "mcastd")
    assert service.state == "inactive"
    assert not service.container.path(f"/proc/{pid}").exists()


def test_a_removal_leaves_no_socket(service, edited):
    assert not service.container.path("/run/mcastd").exists()


def test_a_removal_leaves_no_entry_in_the_journals_catalog(service, edited):
    assert "mcastd" not in service.container.output("journalctl", "--no-pager", "--list-catalog")


def test_a_removal_keeps_an_edited_configuration_and_the_keys(service, edited, keyed):
    assert service.configuration.read_text() == edited
    assert keys_of(service) == keyed


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
    """The same package with a higher version, another default configuration and another text for a new file of keys."""
    tree = folder / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", deb, tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text("".join(f"{line}+newer\n" if line.startswith("Version:") else f"{line}\n"
                               for line in control.read_text().splitlines()))
    with (tree / "etc/mcastd/mcastd.conf").open("a") as file:
        file.write(NEWER_DEFAULT)
    with (tree / KEYS_TEXT[1:]).open("a") as file:
        file.write(NEWER_KEYS)
    subprocess.run(["dpkg-deb", "--build", tree, folder / "newer.deb"], check=True, stdout=subprocess.DEVNULL)
    return folder / "newer.deb"
