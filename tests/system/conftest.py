"""What the tests are made of: a lan with a peer and a booted Debian on it, where mcastd gets installed."""
import contextlib
import os
import pathlib
import shutil
import signal
import sys

# The suite runs as root, perhaps in somebody else's checkout: it leaves no folder of root's there.
sys.dont_write_bytecode = True
shutil.rmtree(pathlib.Path(__file__).parent / "__pycache__", ignore_errors=True)

import pytest

import debian
import footprint
import lan as cable
import sections
from container import Container
from service import Service

TOOLS = {"systemd-nspawn": "systemd-container", "debootstrap": "debootstrap", "ip": "iproute2",
         "nsenter": "util-linux", "dpkg-deb": "dpkg", "apt-get": "apt"}
FIGURES = pytest.StashKey()
CONTAINER = pytest.StashKey()


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        raise pytest.UsageError("tests/system boots a container: run it as root")
    if not os.path.isfile(os.environ.get("MCASTD_DEB", "")):
        raise pytest.UsageError("tests/system tests a package: set MCASTD_DEB to the path of mcastd's .deb")
    missing = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    if missing:
        raise pytest.UsageError(f"tests/system needs these packages: {' '.join(missing)}")
    # However the suite is told to end, the fixtures clean up.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    session.config.stash[FIGURES] = []


def pytest_terminal_summary(terminalreporter, config):
    terminalreporter.section("figures")
    for name, value in config.stash[FIGURES]:
        terminalreporter.line(f"{name}: {value}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows what the service last logged with what failed."""
    report = (yield).get_result()
    container = item.config.stash.get(CONTAINER, None)
    if report.failed and container:
        log = container.run("journalctl", "--unit=mcastd", "--lines=40", check=False).stdout
        report.sections.append(("the journal of mcastd", log))


@pytest.fixture
def figures(pytestconfig):
    """figures("name", value) prints it at the end of the run."""
    return lambda name, value: pytestconfig.stash[FIGURES].append((name, value))


@pytest.fixture(scope="session")
def deb():
    return pathlib.Path(os.environ["MCASTD_DEB"]).resolve()


@pytest.fixture(scope="session")
def lan():
    lan = cable.Lan("10.77.0")
    yield lan
    lan.close()


@pytest.fixture(scope="session")
def container(deb, lan, pytestconfig):
    """Debian, booted, not yet with mcastd; its eth0 is on the lan."""
    with debian.root_for(deb) as root:
        container = Container(root, lan.host())
        try:
            container.boot()
            pytestconfig.stash[CONTAINER] = container
            yield container
        finally:
            pytestconfig.stash[CONTAINER] = None
            container.close()


@pytest.fixture(scope="session")
def peer(lan):
    """Another host on the lan."""
    return lan.host()


@pytest.fixture(scope="session")
def untouched(container):
    """What the container had before the package came."""
    return {"files": footprint.files(container), "users": footprint.users(container),
            "groups": footprint.groups(container), "units": footprint.units(container)}


@pytest.fixture(scope="session")
def service(container, deb, untouched):
    """mcastd, installed into the running system."""
    service = Service(container)
    service.install(deb)
    return service


@pytest.fixture
def on_the_lan(service):
    """The node has a receiver and an emitter on the lan, beside what it has as packaged."""
    with _configured(service, service.configuration.read_text() + sections.RECEIVER + sections.EMITTER):
        yield


@pytest.fixture
def only_a_receiver(service):
    """The node has a receiver on the lan and nothing else: it logs nothing but requests and their answers."""
    with _configured(service, sections.RECEIVER):
        yield


@contextlib.contextmanager
def _configured(service, text):
    before = service.configuration.read_text()
    try:
        service.configuration.write_text(text)
        service.reload()
        yield
    finally:
        service.configuration.write_text(before)
        service.reload()
