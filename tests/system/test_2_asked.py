"""The daemon in its sandbox is asked: by its sockets, as different users, and by HTTP."""
import contextlib
import http.client
import json
import re

import pytest

from container import eventually
from sections import REQUESTS, hear_beats
from service import CONFIGURATION

FOLDER = "/run/mcastd"
HTTP_PORT = 9464
HTTP = f"\n[DAEMON]\nHTTP = 127.0.0.1:{HTTP_PORT}\n"
EVERYBODY = ("root", "member", "stranger")


@pytest.fixture(scope="module")
def users(service):
    """A member is in the group mcastd, a stranger is not."""
    service.container.run("useradd", "--system", "--groups", "mcastd", "member")
    service.container.run("useradd", "--system", "stranger")
    yield
    for user in ("member", "stranger"):
        service.container.run("userdel", user)


@pytest.fixture
def mcastctl(service, users):
    """mcastctl("member", "status") runs it as that user: a result with .returncode and .stdout."""
    def run(user, *arguments, check=True):
        become = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups")
        return service.container.run(*become, "mcastctl", *arguments, check=check)
    return run


@pytest.mark.parametrize("name, access", [
    ("", "mcastd:mcastd 755 directory"),
    ("/control.sock", "mcastd:mcastd 660 socket"),
    ("/status.sock", "mcastd:mcastd 666 socket"),
])
def test_the_sockets_are_for_whom_they_are_meant(service, name, access):
    assert service.container.output("stat", "--format=%U:%G %a %F", FOLDER + name) == access


@pytest.mark.parametrize("user", EVERYBODY)
def test_everybody_may_ask_for_the_status(service, mcastctl, user):
    status = json.loads(mcastctl(user, "status", "--json").stdout)
    assert status["daemon"]["config"] == CONFIGURATION
    assert [section["name"] for section in status["sections"]] == ["mcserver", "mcclient"]


@pytest.mark.parametrize("user", EVERYBODY)
def test_everybody_may_ask_for_the_peers(service, mcastctl, user):
    eventually(lambda: [peer["address"] for peer in json.loads(mcastctl(user, "peers", "--json").stdout)["peers"]]
               == ["127.0.0.1"], "the daemon to know itself as a peer")


def test_a_stranger_may_not_send_and_is_told_what_to_do(service, mcastctl):
    refused = mcastctl("stranger", "send", "mcclient", check=False)
    assert refused.returncode != 0
    assert f"no permission for {FOLDER}/control.sock, which is for the group mcastd" in refused.stdout
    assert "usermod -aG mcastd stranger" in refused.stdout


@pytest.mark.parametrize("user", ("root", "member"))
def test_whoever_is_in_the_group_may_send(service, mcastctl, user):
    mark = service.journal.mark()
    mcastctl(user, "send", "mcclient", f"{user} was here")
    assert service.journal.wait_for(f"^received .* from 127.0.0.1:.*: {user} was here$", mark)


def test_the_journal_tells_that_somebody_has_asked(service, mcastctl):
    mark = service.journal.mark()
    mcastctl("member", "log-level", "notice")
    try:
        assert service.journal.wait_for("log.level", mark)["PRIORITY"] == "5"
    finally:
        mcastctl("member", "log-level", "info")


@pytest.mark.usefixtures("on_the_lan")
def test_mcastctl_tells_what_came_of_a_reload(service, mcastctl):
    assert f"reloaded {CONFIGURATION}: 4 kept, 0 retuned, 0 reopened, 0 added, 0 dropped" in (
        mcastctl("member", "reload").stdout)


@pytest.mark.usefixtures("on_the_lan")
def test_mcastctl_tells_why_a_reload_was_refused(service, mcastctl, peer):
    good = service.configuration.read_text()
    service.configuration.write_text(good.replace(f"PORT = {REQUESTS[1]}", "PORT = 99999"))
    refused = mcastctl("member", "reload", check=False)
    assert refused.returncode != 0
    assert re.search(rf"(?i){CONFIGURATION}:\d+: \[mcserver\.lan\] port: .*99999", refused.stdout)
    assert f"{CONFIGURATION} not reloaded: 1 error; going on as before" in refused.stdout
    assert hear_beats(peer, 2)


@pytest.mark.usefixtures("on_the_lan")
def test_the_status_line_counts_peers(service, peer):
    with peer.udp(peer.address) as sender:
        def known():
            sender.sendto(b"ATU", REQUESTS)
            return re.search(r", peers: [1-9]\d* up, ", service.show("StatusText"))
        eventually(known, "the status line to tell of peers")


@pytest.fixture
def web(service):
    """HTTP was put into the file, and the file reloaded: web("/path") is the answer and its body."""
    with configured(service, service.configuration.read_text() + HTTP):
        yield lambda path: get(service, path)


def test_healthz_answers_by_http_out_of_the_sandbox(web):
    answer, body = web("/healthz")
    assert (answer.status, body) == (200, "ok\n")


def test_the_metrics_are_served(service, web):
    answer, body = web("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert re.search(r'^mcastd_received_total\{section="mcserver"\} \d+$', body, re.MULTILINE)
    assert body.endswith("# EOF\n")


def test_the_page_is_served(web):
    answer, body = web("/")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert body.startswith("<!")


def test_without_http_in_the_file_nobody_listens(service):
    with configured(service, service.configuration.read_text() + HTTP):
        pass
    with pytest.raises(ConnectionRefusedError):
        get(service, "/healthz")


@contextlib.contextmanager
def configured(service, text):
    before = service.configuration.read_text()
    try:
        service.configuration.write_text(text)
        service.reload()
        yield
    finally:
        service.configuration.write_text(before)
        service.reload()


def get(service, path):
    connection = http.client.HTTPConnection("127.0.0.1", HTTP_PORT, timeout=10)
    # A socket stays in the namespace that it is made in.
    with service.container.host.entered():
        connection.connect()
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Accept": "application/openmetrics-text, */*"})
        answer = connection.getresponse()
        return answer, answer.read().decode()
