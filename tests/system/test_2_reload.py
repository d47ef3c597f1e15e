"""Edits of /etc/mcastd/mcastd.conf while the service runs."""
import re

import pytest

from sections import REQUESTS, ask, hear_beats
from service import CONFIGURATION

pytestmark = pytest.mark.usefixtures("on_the_lan")


def test_a_section_added_by_a_reload_acknowledges(service, peer):
    with peer.udp(peer.address) as asker:
        assert ask(asker) == (b"ack", (service.container.host.address, REQUESTS[1]))


def test_the_journal_tells_of_the_request_and_then_of_the_acknowledgement(service, peer):
    mark = service.journal.mark()
    with peer.udp(peer.address) as asker:
        ask(asker)
        source = "%s:%d" % asker.getsockname()
    service.journal.wait_for(f"^acknowledged {source}$", mark)
    assert [line for line in service.journal.lines(mark) if source in line] == [
        f"received 13 bytes from {source}: who is there?", f"acknowledged {source}"]


def test_an_emitter_added_by_a_reload_is_heard_by_others(peer):
    atu = r"ATU \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}"
    assert all(re.fullmatch(atu, beat) for beat in hear_beats(peer, 3))


def test_a_reload_without_an_edit_keeps_everything(service):
    pid = service.pid
    assert service.reload() == f"reloaded {CONFIGURATION}: 4 kept, 0 retuned, 0 reopened, 0 added, 0 dropped"
    assert service.pid == pid


def test_a_broken_edit_fails_the_reload(service):
    break_the_port(service)
    assert not service.systemctl("reload")


def test_the_journal_says_where_a_broken_edit_is_broken(service):
    mark, line = service.journal.mark(), break_the_port(service)
    service.systemctl("reload")
    assert service.journal.wait_for(rf"(?i)^{CONFIGURATION}:{line}: \[mcserver\.lan\] port: .*99999", mark)


def test_a_failed_reload_leaves_the_service_as_it_was(service, peer):
    pid = service.pid
    break_the_port(service)
    service.systemctl("reload")
    assert hear_beats(peer, 3)
    assert (service.pid, service.state) == (pid, "active")


def test_a_file_that_the_daemon_may_not_read_fails_the_reload_though_root_may(service):
    mark, pid = service.journal.mark(), service.pid
    service.configuration.chmod(0o600)
    try:
        assert not service.systemctl("reload")
    finally:
        service.configuration.chmod(0o644)
    assert service.journal.wait_for(f"^/usr/bin/head: cannot open '{CONFIGURATION}' for reading: Permission denied$", mark)
    assert not service.journal.find("reloaded", mark)
    assert (service.pid, service.state) == (pid, "active")


def test_refused_reloads_leave_nothing_behind_that_stands_in_the_way_of_a_good_one(service):
    good = service.configuration.read_text()
    break_the_port(service)
    for _ in range(int(service.container.output("cat", "/proc/sys/net/unix/max_dgram_qlen")) + 2):
        assert not service.systemctl("reload")
    service.configuration.write_text(good)
    assert service.reload().startswith("reloaded")


def test_the_daemon_itself_refuses_a_broken_edit(service):
    mark, line = service.journal.mark(), break_the_port(service)
    service.signal("HUP")
    service.journal.wait_for(rf"^{CONFIGURATION} not reloaded: 1 error; going on as before$", mark)
    complaint = service.journal.find(rf"(?i)^{CONFIGURATION}:{line}: \[mcserver\.lan\] port: .*99999", mark)
    assert complaint["_PID"] == str(service.pid)


def test_a_refused_hangup_leaves_the_service_as_it_was(service, peer):
    mark, pid = service.journal.mark(), service.pid
    break_the_port(service)
    service.signal("HUP")
    service.journal.wait_for("not reloaded", mark)
    assert hear_beats(peer, 3)
    assert (service.pid, service.state) == (pid, "active")


def break_the_port(service):
    """Returns the number of the line that is wrong now."""
    broken = service.configuration.read_text().replace(f"PORT = {REQUESTS[1]}", "PORT = 99999")
    service.configuration.write_text(broken)
    return 1 + broken.splitlines().index("PORT = 99999")
