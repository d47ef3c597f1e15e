"""mcastctl asks the daemon: what its commands print, to people and to programs, and how they end."""
import contextlib
import json
import re
import socket
import signal

from ctl import command, ctl, document, heard, impostor, printed, rows
from daemon import built, emitter, receiver
from lan import eventually
from signing import Key, Speaker, keys_file, knowing

QUIET = {"INTERVAL": "1h"}


# --- status ---

def test_status_tells_of_the_daemon_in_a_line(here, mcastd):
    daemon = mcastd(here, "[DAEMON]\nNODE = first\n" + receiver())
    line = printed(daemon, here, "status").splitlines()[0]
    assert re.fullmatch(r"first: mcastd \S+, up since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(\d+\.\d s\), healthy", line)


def test_status_has_a_row_for_each_section(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="log, ack") + emitter(PORT=5002, EXPECT_ACKS=2, **QUIET))
    heard(daemon, there)
    daemon.wait_for('^sent "')
    _, titles, *sections = rows(printed(daemon, here, "status"))
    assert titles == ["SECTION", "STATE", "GROUP", "INTERFACE", "DATAGRAMS", "DROPPED", "PEERS/ACKS"]
    assert sections == [["mcserver", "active", "239.1.1.1:5001", "eth0", "1", "0", "1 new"],
                        ["mcclient", "active", "239.1.1.1:5002", "eth0", "1", "0", "0 of 2 acks"]]


def test_status_says_why_a_section_waits(here, mcastd):
    daemon = mcastd(here, receiver() + receiver("MCSERVER.b", INTERFACE="eth7"))
    headline, *_, waiting = printed(daemon, here, "status").splitlines()
    assert headline.endswith("healthy, but [mcserver.b] waiting: there is no interface eth7")
    assert waiting.endswith("  there is no interface eth7")


def test_status_says_that_a_reload_was_refused(here, mcastd):
    daemon = mcastd(here, receiver())
    daemon.reload(receiver(PORT=0))
    assert printed(daemon, here, "status").splitlines()[1] == "the last reload was refused"


def test_status_says_that_a_peer_is_down(here, there, mcastd):
    daemon = mcastd(here, receiver(DEAD_AFTER="200ms"))
    there.send(b"once", "239.1.1.1", 5001)
    daemon.wait_for(" is down: ")
    assert printed(daemon, here, "status").splitlines()[0].endswith(", healthy, but 1 peer is down")


def test_status_has_all_sections_of_many(here, mcastd):
    names = [f"mcserver.{i}" for i in range(600)]
    daemon = mcastd(here, "".join(receiver(name, PORT=6000 + i, INTERFACE="eth7") for i, name in enumerate(names)))
    told = document(daemon, here, "status")
    assert [section["name"] for section in told["sections"]] == names
    assert told["next"] is None


# --- peers ---

def test_peers_has_a_row_for_each_peer(here, there, mcastd):
    daemon = mcastd(here, receiver())
    heard(daemon, there, b"state=good seq=7")
    titles, peer = rows(printed(daemon, here, "peers"))
    assert titles == ["RECEIVER", "PEER", "STATE", "FOR", "LAST HEARD", "INTERVAL", "DATAGRAMS", "LOST", "RESTARTS", "CLOCK", "PAYLOAD"]
    assert peer[:3] == ["mcserver", there.address, "new"]
    assert re.fullmatch(r"\d\.\d s", peer[3]) and re.fullmatch(r"\d\.\d s ago", peer[4])
    assert peer[6] == "1" and peer[-1] == "state=good seq=7"


def test_peers_tells_who_that_is_where_the_message_does(here, there, mcastd):
    daemon = mcastd(here, receiver())
    heard(daemon, there, b"state=good node=rack4-7")
    assert daemon.lines(rf"^{there.address} \(rack4-7\) is up, heard for the first time$")
    assert rows(printed(daemon, here, "peers"))[1][1] == f"{there.address} (rack4-7)"
    assert document(daemon, here, "peers")["peers"][0]["node"] == "rack4-7"


def test_a_clock_that_is_wrong_is_no_good_health(here, there, mcastd):
    daemon = mcastd(here, receiver())
    heard(daemon, there, b"ATU 2020-02-20T20:20:20.202020Z")
    assert printed(daemon, here, "status").splitlines()[0].endswith(", healthy, but the clock of 1 peer is wrong")
    outcome = ctl(daemon, here, "check")
    assert (outcome.returncode, outcome.stdout.split(" |")[0]) == (1, "mcastd WARNING: 1 peer with a wrong clock")


def test_a_table_that_is_full_is_no_good_health(here, there, mcastd):
    daemon = mcastd(here, receiver(PEERS=1))
    heard(daemon, there)
    headline, _, section = printed(daemon, here, "status").splitlines()
    assert headline.endswith(", healthy, but 1 receiver has no place for more peers")
    assert section.endswith("  1 new, full")
    assert ctl(daemon, here, "check").returncode == 1


def test_peers_tells_with_which_key_a_peer_signs_and_why_it_is_refused(here, there, folder, mcastd):
    key = Key(7)
    daemon = mcastd(here, knowing(folder, key) + receiver(AUTH="enforce"))
    there.send(Speaker(key).sign(b"hello"), "239.1.1.1", 5001)
    daemon.wait_for_counters("mcserver", auth_ok=1)
    titles, peer = rows(printed(daemon, here, "peers"))
    assert (titles[-2:], peer[-2:]) == (["KEY", "PAYLOAD"], ["7", "hello"])
    there.send(Speaker(Key(8)).sign(b"hello"), "239.1.1.1", 5001)
    daemon.wait_for_counters("mcserver", dropped_unknown_key=1)
    titles, peer = rows(printed(daemon, here, "peers"))
    assert (titles[-3:], peer[-3:]) == (["KEY", "REFUSED", "PAYLOAD"], ["7", "unknown_key", "hello"])
    top = ctl(daemon, here, "top -b -n 1").stdout
    peer = rows(top[top.index("ADDRESS"):])[1]
    assert (peer[:2], peer[-1]) == ([there.address, "new!"], "refused: unknown_key")


def test_peers_has_a_row_for_each_node_that_acknowledges(here, there, mcastd):
    mcastd(there, receiver(HANDLERS="ack"))
    daemon = mcastd(here, emitter(INTERVAL="50ms"))
    daemon.wait_for("ack")
    eventually(lambda: document(daemon, here, "peers")["acks"], "an ack to be told")
    titles, node = rows(printed(daemon, here, "peers"))
    assert titles == ["EMITTER", "NODE", "ACKED", "MISSED", "LAST ACK", "RTT LAST", "RTT MEAN", "RTT MAX"]
    assert node[:2] == ["mcclient", there.address] and int(node[2]) >= 1
    assert all(re.fullmatch(r"\d+\.\d{3} ms", cell) for cell in node[5:])


def test_peers_of_one_section_are_those_alone(here, there, mcastd):
    daemon = mcastd(here, receiver() + receiver("MCSERVER.b", PORT=5002))
    heard(daemon, there)
    assert there.address in printed(daemon, here, "peers mcserver")
    assert printed(daemon, here, "peers mcserver.b") == "Nobody was heard, and nobody has acknowledged anything.\n"


def test_peers_of_a_section_that_is_not_there_is_an_error(here, mcastd):
    outcome = ctl(mcastd(here, receiver()), here, "peers nosuch")
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert "mcastctl peers: there is no section: [nosuch]" in outcome.stderr


# --- watch ---

@contextlib.contextmanager
def watching(daemon, host, line="watch"):
    """A watch that has begun: it has told of a reload."""
    watch = host.start(*command(daemon, line))

    def told():
        daemon.reload(daemon.file.read_text())
        return watch.lines("reloaded")
    eventually(told, lambda: f"an event in {watch.output()}")
    yield watch
    watch.kill()


def test_watch_prints_a_line_for_each_event(here, there, mcastd):
    daemon = mcastd(here, receiver(LOG_RATE="unlimited"))
    with watching(daemon, here, "watch --level info") as watch:
        heard(daemon, there)
        line, = watch.wait_for("received 5 bytes")
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} info    \[mcserver\] received 5 bytes from 10\.0\.0\.2:", line)


def test_watch_prints_nothing_below_its_level(here, there, mcastd):
    daemon = mcastd(here, receiver())
    with watching(daemon, here) as watch:
        heard(daemon, there)
        daemon.reload(receiver(ACK_TEXT="other"))
        watch.wait_for("1 retuned")
    assert not watch.lines("received")


def test_watch_prints_json_lines(here, mcastd):
    daemon = mcastd(here, receiver())
    with watching(daemon, here, "watch --json") as watch:
        events = [json.loads(line) for line in watch.lines()]
    assert {"reloaded"} == {event["event"] for event in events}
    assert all(event["version"] == 1 and event["level"] == "notice" for event in events)


def test_watch_ends_well_when_it_is_interrupted(here, mcastd):
    with watching(mcastd(here, receiver()), here) as watch:
        watch.process.send_signal(signal.SIGINT)
        assert watch.process.wait() == 0


def test_watch_fails_when_the_daemon_goes_away(here, mcastd):
    daemon = mcastd(here, receiver())
    with watching(daemon, here) as watch:
        assert daemon.stop() == 0
        assert watch.process.wait() == 1
    assert watch.lines("mcastctl watch: mcastd has closed the connection")


# --- what changes something ---

def test_send_lets_the_emitter_send_the_text(here, there, mcastd):
    daemon = mcastd(here, emitter(**QUIET))
    daemon.wait_for('^sent "')
    with there.member("239.1.1.1", 5001) as sock:
        assert printed(daemon, here, "send mcclient power-is-out") == '[mcclient] sent "power-is-out": 12 bytes\n'
        assert sock.recv(64) == b"power-is-out"


def test_send_without_a_text_sends_the_message(here, there, mcastd):
    daemon = mcastd(here, emitter(MESSAGE="beat {seq}", **QUIET))
    daemon.wait_for('^sent "')
    with there.member("239.1.1.1", 5001) as sock:
        assert printed(daemon, here, "send mcclient") == '[mcclient] sent "beat 2": 6 bytes, sequence 2\n'
        assert sock.recv(64) == b"beat 2"


def test_what_was_sent_is_a_document_as_well(here, mcastd):
    daemon = mcastd(here, emitter(MESSAGE="beat {seq}", **QUIET))
    daemon.wait_for('^sent "')
    assert document(daemon, here, "send mcclient").items() >= {"section": "mcclient", "bytes": 6, "sequence": 2}.items()


def test_what_is_not_sent_is_told(here, mcastd):
    outcome = ctl(mcastd(here, receiver()), here, "send mcserver x")
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert "mcastctl send: only emitters send" in outcome.stderr


def test_log_level_tells_and_changes(here, there, mcastd):
    daemon = mcastd(here, "[DAEMON]\nLOG_LEVEL = notice\n" + receiver())
    assert printed(daemon, here, "log-level") == "notice\n"
    assert printed(daemon, here, "log-level info") == "info until the next reload or restart; it was notice\n"
    assert printed(daemon, here, "log-level") == "info\n"
    heard(daemon, there)


def test_reload_tells_what_came_of_it(here, mcastd):
    daemon = mcastd(here, receiver())
    daemon.configure(receiver() + receiver("MCSERVER.b", PORT=5002))
    assert printed(daemon, here, "reload") == f"reloaded {daemon.file}: 1 kept, 0 retuned, 0 reopened, 1 added, 0 dropped\n"


def test_reload_tells_which_keys_count_from_now_on(here, mcastd, folder):
    daemon = mcastd(here, knowing(folder, Key(7)) + receiver(AUTH="enforce"))
    keys_file(f"{folder}/keys", Key(7), Key(9))
    assert printed(daemon, here, "reload").splitlines()[1:] == ["keys: 7, 9"]
    keys_file(f"{folder}/keys", Key(9))
    assert document(daemon, here, "reload")["keys"] == [9]


def test_reload_tells_of_no_keys_where_none_count(here, mcastd):
    daemon = mcastd(here, receiver())
    assert "keys" not in printed(daemon, here, "reload")
    assert document(daemon, here, "reload")["keys"] == []


def test_a_reload_says_what_it_could_not_do(here, folder, mcastd):
    """The sections have gone over; HTTP and the folder of the sockets are another matter."""
    daemon = mcastd(here, receiver())
    daemon.configure(receiver() + f"[DAEMON]\nHTTP = 127.0.0.1:9464\nRUNTIME_DIR = {folder}/b\n")
    with here.entered():
        taken = socket.create_server(("127.0.0.1", 9464))
    with taken:
        outcome = ctl(daemon, here, "reload")
    assert (outcome.returncode, outcome.stdout.split(":")[0]) == (0, f"reloaded {daemon.file}")
    assert outcome.stderr.splitlines() == [
        f"{daemon.file}: [daemon] RUNTIME_DIR: {folder}/b is used from the next start on, until then {daemon.folder}/run",
        f"{daemon.file}: [daemon] HTTP: cannot listen on 127.0.0.1:9464: Address already in use; "
        "tried again at the next reload"]
    assert printed(daemon, here, "status").splitlines()[1] == "HTTP could not be opened"
    daemon.configure(receiver())
    assert ctl(daemon, here, "reload").stderr == ""


def test_a_reload_that_is_refused_fails_with_every_message(here, mcastd):
    daemon = mcastd(here, receiver())
    daemon.configure(receiver(PORT=0, COLOUR="red"))
    outcome = ctl(daemon, here, "reload")
    assert (outcome.returncode, outcome.stdout) == (1, "")
    first, *messages = outcome.stderr.splitlines()
    assert first.startswith(f"mcastctl reload: {daemon.file} not reloaded: 2 errors")
    assert [message.split(" ")[:3] for message in messages] == [
        [f"{daemon.file}:3:", "[mcserver]", "PORT:"], [f"{daemon.file}:5:", "[mcserver]", "COLOUR:"]]


def test_a_reload_that_is_refused_is_a_document_as_well(here, mcastd):
    daemon = mcastd(here, receiver())
    daemon.configure(receiver(PORT=0))
    outcome = ctl(daemon, here, "reload --json")
    told = json.loads(outcome.stdout)
    assert (outcome.returncode, told["ok"], len(told["messages"]), outcome.stderr) == (1, False, 1, "")


def test_forget_forgets_a_peer(here, there, mcastd):
    daemon = mcastd(here, receiver())
    heard(daemon, there)
    assert printed(daemon, here, f"forget {there.address}") == f"forgot {there.address} in 1 section\n"
    assert document(daemon, here, "peers")["peers"] == []


def test_forget_of_one_that_is_not_known_fails(here, mcastd):
    outcome = ctl(mcastd(here, receiver()), here, "forget 10.0.0.9")
    assert outcome.returncode == 1
    assert "mcastctl forget: 10.0.0.9 is not known" in outcome.stderr


# --- check ---

def test_check_is_ok_where_all_is_well(here, mcastd):
    line = printed(mcastd(here, receiver() + emitter(**QUIET)), here, "check")
    assert re.fullmatch(r"mcastd OK: 1 joined, 1 emitting, \d+ peers? up \| joined=1 emitting=1 waiting=0 silent=0 failed=0 "
                        r"peers_up=\d+ peers_down=0 received=\d+c\n", line)


def test_check_counts_one_peer_as_one(here, there, mcastd):
    daemon = mcastd(here, receiver(DEAD_AFTER="1h"))
    for _ in range(3):
        there.forge("10.0.0.9", 7, "239.1.1.1", 5001, b"hello")
    daemon.wait_for_counters("mcserver", received=3)
    assert printed(daemon, here, "check").startswith("mcastd OK: 1 joined, 0 emitting, 1 peer up | ")


def test_check_warns_of_acks_that_are_missing_once_that_is_known(here, there, mcastd):
    daemon = mcastd(here, emitter(EXPECT_ACKS=1, **QUIET))
    daemon.wait_for('^sent "')
    assert ctl(daemon, here, "check").returncode == 0
    daemon.reload(emitter(EXPECT_ACKS=1, INTERVAL="50ms"))
    daemon.wait_for("fewer than EXPECT_ACKS")
    outcome = ctl(daemon, here, "check")
    assert (outcome.returncode, outcome.stdout.split(" |")[0]) == (
        1, "mcastd WARNING: 1 emitter has fewer acks than EXPECT_ACKS")
    mcastd(there, receiver(HANDLERS="ack"))
    eventually(lambda: ctl(daemon, here, "check").returncode == 0, "the acks to be enough")


def test_check_warns_of_a_section_that_waits(here, mcastd):
    outcome = ctl(mcastd(here, receiver(INTERFACE="eth7")), here, "check")
    assert outcome.returncode == 1
    assert outcome.stdout.startswith("mcastd WARNING: [mcserver] waiting: there is no interface eth7 | ")


def test_check_warns_of_a_peer_that_is_down(here, there, mcastd):
    daemon = mcastd(here, receiver(DEAD_AFTER="100ms"))
    for number in range(3):
        heard(daemon, there, b"beat %d" % number)
    eventually(lambda: document(daemon, here, "status")["daemon"]["peers"]["down"], "the peer to be down")
    outcome = ctl(daemon, here, "check")
    assert outcome.returncode == 1
    assert outcome.stdout.startswith("mcastd WARNING: 1 peer down | ")


def test_check_warns_of_a_reload_that_was_refused(here, mcastd):
    daemon = mcastd(here, receiver())
    daemon.reload(receiver(PORT=0))
    outcome = ctl(daemon, here, "check")
    assert outcome.returncode == 1
    assert outcome.stdout.startswith("mcastd WARNING: the last reload was refused | ")


def test_check_is_critical_where_a_section_is_silent(here, mcastd):
    daemon = mcastd(here, receiver(EXPECT_EVERY="1s"))
    eventually(lambda: document(daemon, here, "status")["daemon"]["silent"], "silence")
    outcome = ctl(daemon, here, "check")
    assert outcome.returncode == 2
    assert outcome.stdout.startswith("mcastd CRITICAL: [mcserver] silent: ")


def test_check_is_critical_where_no_daemon_answers(here, folder):
    outcome = here.run(built("mcastctl"), "check", "--socket", folder)
    assert (outcome.returncode, outcome.stderr) == (2, "")
    assert outcome.stdout == f"mcastd CRITICAL: no mcastd answers at {folder}/control.sock: No such file or directory\n"


def test_check_has_a_status_of_its_own_for_wrong_usage(here):
    assert here.run(built("mcastctl"), "check", "surplus").returncode == 3


def test_check_as_a_document(here, mcastd):
    outcome = ctl(mcastd(here, receiver(INTERFACE="eth7")), here, "check --json")
    told = json.loads(outcome.stdout)
    assert (told["verdict"], told["status"], outcome.returncode) == ("WARNING", 1, 1)


def test_check_looks_at_the_emitters_of_all_pages(here, folder):
    short = {"acks": {"last": 1, "expected": 2}, "counters": {"messages_short": 1}}
    enough = {"acks": {"last": 2, "expected": 2}, "counters": {"messages_short": 1}}
    pages = [{"version": 1, "ok": True, "daemon": {"healthy": True}, "sections": [short, enough], "next": "2"},
             {"version": 1, "ok": True, "daemon": {"healthy": True}, "sections": [short], "next": None}]
    with impostor(folder, *(json.dumps(page).encode() + b"\n" for page in pages)):
        outcome = here.run(built("mcastctl"), "check", "--socket", folder)
    assert (outcome.returncode, outcome.stdout.split(" |")[0]) == (
        1, "mcastd WARNING: 2 emitters have fewer acks than EXPECT_ACKS")
