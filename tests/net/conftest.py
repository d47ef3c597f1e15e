"""What the tests are made of: two hosts and a bridge, a mcastd, the seed's programs."""
import os
import pathlib
import tempfile

import pytest

from daemon import Daemon
from lan import Lan

SEED = pathlib.Path(__file__).parent / "seed"


def pytest_configure():
    if os.environ.get("MCASTD_NET_NAMESPACE") != os.readlink("/proc/self/ns/net"):
        pytest.exit("these tests send multicast: run them by tests/net/run, in namespaces of their own", 4)


def laid(prefix):
    lan = Lan(prefix)
    yield lan
    lan.close()


@pytest.fixture
def lan():
    """The cable, 10.0.0.0/24."""
    yield from laid("10.0.0")


@pytest.fixture
def here(lan):
    """The first host, 10.0.0.1."""
    return lan.host()


@pytest.fixture
def there(lan, here):
    """The second host, 10.0.0.2."""
    return lan.host()


@pytest.fixture
def second_lan():
    """Another cable, 10.0.1.0/24."""
    yield from laid("10.0.1")


@pytest.fixture
def folder():
    """Short, because the path of a socket must be."""
    with tempfile.TemporaryDirectory(prefix="mcastd-") as folder:
        yield folder


@pytest.fixture
def mcastd(request, lan, folder):
    """Starts a mcastd: mcastd(host, configuration). It must end well when the test is over."""
    def start(host, config, **options):
        daemon = Daemon(host, config, tempfile.mkdtemp(dir=folder), **options)
        request.addfinalizer(daemon.end)
        return daemon
    return start


@pytest.fixture
def seed():
    """Starts one of the seed's four programs, with a group, a port or an address other than its own."""
    def start(host, name, **options):
        arguments = [word for key, value in options.items() for word in (f"--{key}", value)]
        return host.start("/usr/bin/python3", "-u", SEED / f"{name}.py", *arguments)
    return start
