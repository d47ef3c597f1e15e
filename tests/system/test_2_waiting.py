"""The service with a section whose interface is not there yet, in its sandbox."""
import pytest

from container import eventually

LATE = """
[MCSERVER.late]
MCAST_GROUP = 239.77.0.9
INTERFACE = late0
PORT = 5079
"""
GROUP = ("late0", "239.77.0.9")


@pytest.fixture(scope="module")
def waiting(service):
    """The service has been started with a section more; returns where the journal was before."""
    before, mark = service.configuration.read_text(), service.journal.mark()
    service.configuration.write_text(before + LATE)
    assert service.systemctl("restart")
    yield mark
    service.configuration.write_text(before)
    assert service.systemctl("restart")


def test_it_starts_without_the_interface(service, waiting):
    assert (service.state, service.show("SubState")) == ("active", "running")
    service.journal.wait_for("^waiting to hear 239.77.0.9:5079: there is no interface late0$", waiting)


def test_its_status_says_what_it_waits_for(service, waiting):
    status = service.show("StatusText")
    assert ", 1 waiting, " in status
    assert status.endswith("; [mcserver.late] waiting: there is no interface late0")


def test_the_other_sections_work_meanwhile(service, waiting):
    service.journal.wait_for("^received .*: ATU ", waiting)


def test_when_the_interface_is_made_the_group_is_joined(service, waiting):
    pid = service.pid
    service.container.host.ip("link add late0 type bridge", "link set late0 up")
    service.journal.wait_for("^joined 239.77.0.9:5079 on late0$", waiting)
    assert GROUP in service.container.host.memberships()
    eventually(lambda: "waiting" not in service.show("StatusText"), "the status to be as it should be")
    assert service.pid == pid


def test_when_the_interface_is_gone_it_waits_again(service, waiting):
    mark, pid = service.journal.mark(), service.pid
    service.container.host.ip("link del late0")
    service.journal.wait_for("^waiting to hear 239.77.0.9:5079: there is no interface late0$", mark)
    eventually(lambda: ", 1 waiting, " in service.show("StatusText"), "the status to tell of it")
    assert (service.pid, service.state) == (pid, "active")
