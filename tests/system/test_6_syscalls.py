"""No system call that the daemon makes is denied by its sandbox.

A call that the filter of the unit denies fails with EPERM, which might be taken for something else, or not be noticed.
Here it ends the daemon, and what it is there for is done once more.
"""
import json

import pytest

from container import eventually
from sections import REQUESTS, SIGNING, ask, hear_beats
from service import KEYS, UNIT

DROP_IN = f"/etc/systemd/system/{UNIT}.d/strict.conf"
STRICT = "[Service]\nSystemCallErrorNumber=kill\nRestart=no\n"
# nice(1) goes on where it is told that it may not.
WITH_A_CALL_THAT_IS_DENIED = "ExecStartPre=/usr/bin/nice true\n"
KILLED = "status=31/SYS"
HTTP = "\n[DAEMON]\nHTTP = 127.0.0.1:9464\n"
LATE = "\n[MCSERVER.late]\nMCAST_GROUP = ff15::4d:9\nINTERFACE = late0\nPORT = 5079\n"
KEY = 7

pytestmark = pytest.mark.usefixtures("strict")


def restart(service, drop_in):
    """Whether it has started with this drop-in."""
    path = service.container.path(DROP_IN)
    path.parent.mkdir(exist_ok=True)
    path.write_text(drop_in)
    service.container.run("systemctl", "daemon-reload")
    return service.systemctl("restart")


@pytest.fixture(scope="module")
def strict(service, deb):
    """The service, installed anew, with a filter that kills; what was killed stays dead. Where its journal was then."""
    service.install(deb)
    mark = service.journal.mark()
    assert restart(service, STRICT)
    yield mark
    assert restart(service, "")


@pytest.fixture
def unharmed(service, strict):
    """Whatever a test has done, nothing was killed."""
    yield
    assert service.state == "active"
    assert not service.journal.find(KILLED, strict)


def mcastctl(service, *words):
    return service.container.output("mcastctl", *words)


@pytest.mark.usefixtures("unharmed")
def test_it_starts_and_hears_itself(service, strict):
    assert service.process_status("Seccomp") == "2"
    service.journal.wait_for("^received .*: ATU ", strict)


@pytest.mark.usefixtures("unharmed", "on_the_lan")
def test_it_reloads_acknowledges_and_sends(service, peer):
    with peer.udp(peer.address) as asker:
        assert ask(asker)[0] == b"ack"
    assert hear_beats(peer, 2)


@pytest.mark.usefixtures("unharmed", "on_the_lan")
def test_it_refuses_a_broken_file(service):
    good, mark = service.configuration.read_text(), service.journal.mark()
    service.configuration.write_text(good.replace(f"PORT = {REQUESTS[1]}", "PORT = 99999"))
    service.signal("HUP")
    service.journal.wait_for("not reloaded", mark)
    service.configuration.write_text(good)


@pytest.mark.usefixtures("unharmed")
def test_it_answers_those_who_ask(service):
    assert "mcserver" in mcastctl(service, "status")
    eventually(lambda: json.loads(mcastctl(service, "peers", "--json"))["peers"], "the daemon to know itself as a peer")
    assert "sent" in mcastctl(service, "send", "mcclient", "once more")
    assert mcastctl(service, "log-level", "debug")
    assert mcastctl(service, "forget", "127.0.0.1")
    assert mcastctl(service, "log-level", "info")


@pytest.mark.usefixtures("unharmed")
def test_it_serves_its_page(service):
    before = service.configuration.read_text()
    service.configuration.write_text(before + HTTP)
    service.reload()
    fetch = ("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9464; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3")
    assert "mcastd_received_total" in service.container.output(*fetch)
    service.configuration.write_text(before)
    service.reload()


@pytest.mark.usefixtures("unharmed")
def test_it_waits_for_an_interface_and_follows_it(service):
    before, mark = service.configuration.read_text(), service.journal.mark()
    service.configuration.write_text(before + LATE)
    service.reload()
    service.container.host.ip("link add late0 type bridge", "link set late0 up")
    service.journal.wait_for(r"^joined \[ff15::4d:9\]:5079 on late0$", mark)
    service.container.host.ip("link del late0")
    service.journal.wait_for(r"^waiting to hear \[ff15::4d:9\]:5079: there is no interface late0$", mark)
    service.configuration.write_text(before)
    service.reload()


@pytest.mark.usefixtures("unharmed")
def test_it_signs_and_checks_signatures(service):
    before, mark = service.configuration.read_text(), service.journal.mark()
    service.container.run("sh", "-c", f"mcastctl keygen {KEY} >>{KEYS}")
    service.configuration.write_text(before + SIGNING)
    service.reload()
    service.journal.wait_for(f", signed by key {KEY}: ATU ", mark)
    assert "signed by key" in service.journal.wait_for(f"^acknowledged .*, signed by key {KEY}$", mark)["MESSAGE"]
    # Once more with the copy that the service manager makes for a start.
    mark = service.journal.mark()
    assert service.systemctl("restart")
    service.journal.wait_for(f", signed by key {KEY}: ATU ", mark)
    service.configuration.write_text(before)
    service.reload()


@pytest.mark.usefixtures("unharmed")
def test_it_bears_a_journal_that_is_away(service):
    mark = service.journal.mark()
    service.container.run("systemctl", "restart", "systemd-journald")
    service.journal.wait_for("^received .*: ATU ", mark)


@pytest.mark.usefixtures("unharmed")
def test_it_stops(service, strict):
    mark = service.journal.mark()
    assert service.systemctl("stop")
    assert (service.show("Result"), service.show("ExecMainStatus")) == ("success", "0")
    service.journal.wait_for("^stopped$", mark)
    assert service.systemctl("start")


def test_a_call_that_is_denied_would_have_been_seen(service):
    mark = service.journal.mark()
    assert restart(service, "[Service]\n" + WITH_A_CALL_THAT_IS_DENIED)
    assert not restart(service, STRICT + WITH_A_CALL_THAT_IS_DENIED)
    assert service.journal.find(KILLED, mark)
