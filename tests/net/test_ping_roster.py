"""mcastctl ping --roster: who of those that the daemon knows answers."""
import json

from ctl import ctl, document, heard, rows
from daemon import built, emitter, receiver
from lan import eventually
from test_ping import answerer

GROUP = "239.1.1.1:5001"


def roster(daemon, host, option=""):
    """Its exit status, and who is what: "answered", "missing", "new"."""
    outcome = ctl(daemon, host, f"ping {GROUP} --timeout 1s --roster{option}")
    kinds = {"answered", "missing", "new"}
    return outcome.returncode, sorted((row[0], row[1]) for row in rows(outcome.stdout) if row[0] in kinds)


def test_roster_tells_who_answered_who_is_missing_and_who_is_new(here, there, lan, mcastd):
    gone, newcomer = lan.host(), lan.host()
    daemon = mcastd(here, receiver())
    for host in there, gone:
        heard(daemon, host, host.address.encode())
    with answerer(there), answerer(newcomer):
        told = roster(daemon, here)
    assert told == (1, [("answered", there.address), ("missing", gone.address), ("new", newcomer.address)])


def test_roster_succeeds_if_nobody_is_missing(here, there, lan, mcastd):
    newcomer = lan.host()
    daemon = mcastd(here, receiver())
    heard(daemon, there)
    with answerer(there), answerer(newcomer):
        assert roster(daemon, here)[0] == 0


def test_the_last_line_counts_them_and_says_who_is_not(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="log, ack"))
    heard(daemon, there)
    with answerer(there):
        told = ctl(daemon, here, f"ping {GROUP} --timeout 1s --roster").stdout
    assert told.splitlines()[-1] == "roster: 1 answered, 0 missing, 0 new (this host not counted)"


def test_roster_knows_who_acknowledges_the_emitter(here, there, mcastd):
    other = mcastd(there, receiver(HANDLERS="ack"))
    daemon = mcastd(here, emitter(INTERVAL="50ms"))
    eventually(lambda: document(daemon, here, "peers")["acks"], "an ack")
    assert other.stop() == 0
    assert roster(daemon, here) == (1, [("missing", there.address)])


def test_roster_leaves_this_host_out(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="ack") + emitter(INTERVAL="50ms"))
    eventually(lambda: document(daemon, here, "peers")["peers"], "itself to be heard")
    assert roster(daemon, here) == (0, [])


def test_roster_is_of_this_group_alone(here, there, mcastd):
    daemon = mcastd(here, receiver() + receiver("MCSERVER.b", PORT=5002))
    there.send(b"elsewhere", "239.1.1.1", 5002)
    daemon.wait_for("^received .*elsewhere")
    with answerer(there):
        assert roster(daemon, here) == (0, [("new", there.address)])


def test_roster_is_of_this_interface_alone(here, there, second_lan, mcastd):
    second_lan.plug(here, multicast_route=False)
    daemon = mcastd(here, receiver() + receiver("MCSERVER.b", INTERFACE="eth1"))
    heard(daemon, second_lan.host(), b"elsewhere")
    with answerer(there):
        assert roster(daemon, here) == (0, [("new", there.address)])


def test_roster_as_a_part_of_the_document(here, there, lan, mcastd):
    gone = lan.host()
    daemon = mcastd(here, receiver())
    for host in there, gone:
        heard(daemon, host, host.address.encode())
    with answerer(there):
        told = json.loads(ctl(daemon, here, f"ping {GROUP} --timeout 1s --roster --json").stdout)["roster"]
    assert told == [{"address": there.address, "is": "answered", "sections": ["mcserver"], "state": "new"},
                    {"address": gone.address, "is": "missing", "sections": ["mcserver"], "state": "new"}]


def test_roster_fails_where_the_daemon_is_not_in_the_group(here, there, mcastd):
    with answerer(there):
        outcome = ctl(mcastd(here, receiver(PORT=5002)), here, f"ping {GROUP} --roster")
    assert outcome.returncode == 1
    assert "mcastd has neither a receiver nor an emitter for 239.1.1.1:5001 on eth0" in outcome.stderr


def test_roster_fails_without_a_daemon(here, folder):
    outcome = here.run(built("mcastctl"), "ping", GROUP, "--roster", "--socket", folder)
    assert outcome.returncode == 1
    assert "mcastctl ping: no mcastd answers at" in outcome.stderr
