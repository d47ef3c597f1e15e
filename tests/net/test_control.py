"""The control sockets: what they answer, and to whom."""
import json
import os
import re

import pytest

from control import Client, ask, ask_all, counts, mode, path_of
from daemon import emitter, receiver
from lan import eventually
from signing import Key, keys_file, knowing
from test_share import AS_NOBODY, another_user  # noqa: F401, a fixture

CHANGING = [("log-level", {"level": "debug"}), ("reload", {}), ("send", {"section": "mcclient"}),
            ("forget", {"peer": "10.0.0.2"})]
NO_REQUESTS = [b"", b"status", b"[]", b"\xff", b'{"verb":"status","x":1}', b'{"verb":"status"}{"verb":"status"}', b"[" * 4096]
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
QUIET = {"INTERVAL": "1h"}


def good(answer):
    assert answer["ok"] is True and answer["version"] == 1, answer
    return answer


def error(answer):
    assert answer.keys() == {"version", "ok", "error"} and answer["ok"] is False, answer
    return answer["error"]


# --- status ---

def test_status_tells_of_the_daemon(here, mcastd):
    daemon = mcastd(here, "[DAEMON]\nNODE = first\n" + receiver() + emitter(**QUIET))
    daemon.wait_for('^sent "')
    answer = good(ask(daemon, "status"))
    told = answer["daemon"]
    assert re.fullmatch(TIME, answer["now"]) and re.fullmatch(TIME, told["started"])
    assert told["node"] == "first" and told["pid"] == daemon.process.pid and told["config"] == str(daemon.file)
    assert re.fullmatch("[0-9a-f]{16}", told["boot"]) and told["uptime_s"] > 0
    assert [told[name] for name in ("joined", "emitting", "waiting", "silent", "failed")] == [1, 1, 0, 0, 0]
    assert (told["healthy"], told["unwell"], told["worst"], told["reload_refused"]) == (True, None, None, False)
    assert told["control"] == {"connected": 1, "accepted": 1, "refused": 0, "dropped": 0}


def test_status_tells_of_each_section(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="ack") + emitter(PORT=5002, INTERVAL="1h") + receiver("MCSERVER.b", INTERFACE="eth7"))
    there.ask(b"hello", "239.1.1.1", 5001)
    daemon.wait_for('^sent "')
    first, waiting, sender = good(ask(daemon, "status"))["sections"]
    assert (first["name"], first["kind"], first["state"], first["why"]) == ("mcserver", "receiver", "active", "")
    assert (first["group"], first["port"], first["interface"]) == ("239.1.1.1", 5001, "eth0")
    assert first["counters"]["received"] == first["counters"]["acked"] == 1 and "sent" not in first["counters"]
    assert first["peers"] == {"new": 1, "up": 0, "down": 0, "clocks_wrong": 0, "max": 1024}
    assert (waiting["state"], waiting["why"], waiting["interface"]) == ("waiting", "there is no interface eth7", "")
    assert (sender["name"], sender["kind"], sender["interval_s"], sender["sequence"]) == ("mcclient", "emitter", 3600, 1)
    assert sender["counters"]["sent"] == 1 and "received" not in sender["counters"]
    assert sender["acks"] == {"known": 0, "last": 0, "expected": 0}


def test_what_is_worst_is_named(here, mcastd):
    told = ask(mcastd(here, receiver(INTERFACE="eth7")), "status")["daemon"]
    assert (told["worst"], told["waiting"]) == ("[mcserver] waiting: there is no interface eth7", 1)
    assert (told["healthy"], told["unwell"]) == (True, None)


def test_many_sections_come_page_by_page(here, mcastd):
    names = [f"mcclient.{number}" for number in range(300)]
    daemon = mcastd(here, "".join(emitter(name, MESSAGE=name, **QUIET) for name in names))
    sections, pages = ask_all(daemon, "status", "sections")
    assert pages == [256, 44]
    assert [section["name"] for section in sections] == names


# --- peers ---

def test_peers_tells_who_was_heard(here, there, mcastd):
    daemon = mcastd(here, receiver())
    there.send(b"ATU \xff seq=7 boot=abc", "239.1.1.1", 5001)
    daemon.wait_for("^received")
    answer = good(ask(daemon, "peers"))
    peer, = answer["peers"]
    assert (peer["section"], peer["address"], peer["state"], peer["own"]) == ("mcserver", there.address, "new", False)
    assert (peer["datagrams"], peer["bytes"], peer["payload"]) == (1, 20, r"ATU \xff seq=7 boot=abc")
    assert (peer["sequence"], peer["lost"], peer["boot"]) == (7, 0, "0000000000000abc")
    assert re.fullmatch(TIME, peer["first_heard"]) and peer["first_heard"] == peer["last_heard"]
    assert (answer["acks"], answer["next"]) == ([], None)


def test_peers_tells_who_acknowledges(here, there, mcastd):
    mcastd(there, receiver(HANDLERS="ack"))
    daemon = mcastd(here, emitter(INTERVAL="50ms"))
    eventually(lambda: ask(daemon, "peers")["acks"], "an ack")
    source, = ask(daemon, "peers", section="MCCLIENT")["acks"]
    assert (source["section"], source["address"], source["own"]) == ("mcclient", there.address, False)
    assert source["acked"] >= 1
    assert 0 < source["rtt_ms"]["min"] <= source["rtt_ms"]["mean"] <= source["rtt_ms"]["max"]


def test_peers_of_one_section(here, there, mcastd):
    daemon = mcastd(here, receiver("MCSERVER.a") + receiver("MCSERVER.b", PORT=5002))
    for port in 5001, 5002:
        there.send(b"hello", "239.1.1.1", port)
    daemon.wait_for("^received", 2)
    assert [peer["section"] for peer in ask(daemon, "peers")["peers"]] == ["mcserver.a", "mcserver.b"]
    assert [peer["section"] for peer in ask(daemon, "peers", section="MCServer.B")["peers"]] == ["mcserver.b"]
    assert error(ask(daemon, "peers", section="mcserver.c")) == "there is no section: [mcserver.c]"


def test_many_peers_come_page_by_page(here, there, mcastd):
    daemon = mcastd(here, receiver(PEERS=2048, LOG_RATE="none"))
    addresses = {f"10.0.{number // 250}.{number % 250 + 3}" for number in range(1200)}
    for address in sorted(addresses):
        there.forge(address, 5000, "239.1.1.1", 5001, b"hello")
    daemon.wait_for_counters("mcserver", received=1200)
    peers, pages = ask_all(daemon, "peers", "peers")
    assert pages == [1000, 200]
    assert {peer["address"] for peer in peers} == addresses


@pytest.mark.parametrize("after", ["7:0", "0:999999999", "18446744073709551615:18446744073709551615"])
def test_behind_the_last_peer_there_is_none(after, here, there, mcastd):
    daemon = mcastd(here, receiver())
    there.send(b"hello", "239.1.1.1", 5001)
    daemon.wait_for("^received")
    answer = good(ask(daemon, "peers", after=after))
    assert (answer["peers"], answer["next"]) == ([], None)


# --- watch ---

def test_watch_tells_of_events(here, mcastd):
    daemon = mcastd(here, receiver())
    with Client(daemon) as client:
        assert good(client.ask("watch"))["watching"] == "notice"
        said = daemon.reload(receiver())
        event = client.event("reloaded")
    assert re.fullmatch(TIME, event.pop("time"))
    assert event == {"version": 1, "event": "reloaded", "level": "notice", "message": said, "fields": {}}


def test_an_event_has_the_fields_of_the_journal(here, there, mcastd):
    daemon = mcastd(here, receiver())
    with Client(daemon) as client:
        client.ask("watch", level="info")
        there.send(b"hello\n", "239.1.1.1", 5001)
        fields = client.event("received")["fields"]
    expected = {"section": "mcserver", "group": "239.1.1.1", "port": "5001", "bytes": "6", "payload": r"hello\x0a"}
    assert expected.items() <= fields.items() and fields["peer"].startswith(f"{there.address}:")


def test_a_watcher_hears_of_more_than_the_log_does(here, there, mcastd):
    daemon = mcastd(here, "[DAEMON]\nLOG_LEVEL = error\n" + receiver(HANDLERS="log, ack"))
    with Client(daemon, "status.sock") as client:
        client.ask("watch", level="debug")
        there.send(b"ack", "239.1.1.1", 5001)
        client.event("not-acknowledged")
    assert not daemon.lines()


def test_a_watcher_hears_of_nothing_below_its_level_and_another_watch_changes_it(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="log, ack"))
    with Client(daemon) as client, Client(daemon) as other:
        other.ask("watch", level="info")
        client.ask("watch", level="error")
        there.send(b"unseen", "239.1.1.1", 5001)
        other.event("received")
        client.request("watch", level="info")
        assert client.next()["watching"] == "info"
        there.send(b"seen", "239.1.1.1", 5001)
        assert client.event("received")["fields"]["payload"] == "seen"


def test_a_watcher_can_ask_as_well(here, mcastd):
    with Client(mcastd(here, receiver())) as client:
        client.ask("watch", level="debug")
        good(client.ask("reload"))
        assert good(client.ask("status"))["daemon"]["joined"] == 1


# --- what changes something ---

def test_log_level_holds_until_the_next_reload(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="log, ack"))
    assert good(ask(daemon, "log-level", level="debug")).items() >= {"level": "debug", "was": "info"}.items()
    there.send(b"ack", "239.1.1.1", 5001)
    daemon.wait_for("^not acknowledged")
    daemon.reload(receiver(HANDLERS="log, ack"))
    assert ask(daemon, "status")["daemon"]["log_level"] == "info"


def test_reload_tells_what_it_did(here, mcastd):
    daemon = mcastd(here, receiver("MCSERVER.a"))
    daemon.configure(receiver("MCSERVER.a") + receiver("MCSERVER.b", PORT=5002))
    answer = good(ask(daemon, "reload"))
    assert answer["message"] == daemon.lines("^reloaded")[-1]
    assert [answer[name] for name in ("kept", "retuned", "reopened", "added", "dropped")] == [1, 0, 0, 1, 0]
    assert (answer["keys"], answer["messages"]) == ([], [])


def test_reload_tells_which_keys_count_refused_or_not(here, folder, mcastd):
    daemon = mcastd(here, knowing(folder, Key(7)) + receiver(AUTH="enforce"))
    keys_file(f"{folder}/keys", Key(9), Key(1))
    assert good(ask(daemon, "reload"))["keys"] == [1, 9]
    keys_file(f"{folder}/keys", Key(7), mode=0o644)
    answer = ask(daemon, "reload")
    assert (answer["ok"], answer["keys"]) == (False, [1, 9])
    assert ask(daemon, "status")["daemon"]["keys"] == [1, 9]


def test_a_reload_that_is_refused_tells_what_is_wrong(here, mcastd):
    daemon = mcastd(here, receiver())
    daemon.configure(receiver(PORT="many") + receiver("MCSERVER.b", MCAST_GROUP="10.0.0.1"))
    answer = ask(daemon, "reload")
    assert answer["ok"] is False and answer["error"] == daemon.lines("not reloaded: 2 errors; going on as before$")[-1]
    assert len(answer["messages"]) == 2 and set(answer["messages"]) <= set(daemon.lines())
    assert answer["messages"][0].startswith(f"{daemon.file}:3: [mcserver] PORT: ")
    assert ask(daemon, "status")["daemon"]["reload_refused"] is True


def test_send_sends_now(here, there, mcastd):
    heard = there.member("239.1.1.1", 5001)
    daemon = mcastd(here, emitter(MESSAGE="number {seq}", **QUIET))
    assert heard.recv(64) == b"number 1"
    answer = good(ask(daemon, "send", section="MCCLIENT"))
    assert answer.items() >= {"section": "mcclient", "sequence": 2, "bytes": 8, "text": "number 2"}.items()
    assert heard.recv(64) == b"number 2"


def test_send_sends_a_text(here, there, mcastd):
    heard = there.member("239.1.1.1", 5001)
    daemon = mcastd(here, emitter(MESSAGE="number {seq}", **QUIET))
    assert heard.recv(64) == b"number 1"
    answer = good(ask(daemon, "send", section="mcclient", text="{seq} für alle"))
    assert (answer["bytes"], answer["text"]) == (15, r"{seq} f\xc3\xbcr alle")
    assert heard.recv(64).decode() == "{seq} für alle"


@pytest.mark.parametrize("section, why", [("mcclient.b", "there is no section"), ("mcserver", "only emitters send")])
def test_only_an_emitter_sends(section, why, here, mcastd):
    daemon = mcastd(here, receiver() + emitter(PORT=5002, **QUIET))
    assert why in error(ask(daemon, "send", section=section))


def test_forget_forgets_a_peer(here, there, mcastd):
    daemon = mcastd(here, receiver())
    there.send(b"hello", "239.1.1.1", 5001)
    daemon.wait_for("^received")
    assert good(ask(daemon, "forget", peer=there.address))["forgotten"] == 1
    assert ask(daemon, "peers")["peers"] == []
    assert there.address in error(ask(daemon, "forget", peer=there.address))


# --- who may ask, and how ---

@pytest.mark.parametrize("verb, members", CHANGING)
def test_what_changes_something_is_refused_at_the_status_socket(verb, members, here, there, mcastd):
    daemon = mcastd(here, receiver() + emitter(PORT=5002, **QUIET))
    said = error(ask(daemon, verb, "status.sock", **members))
    assert said == f'"{verb}" changes something: use control.sock, see mcastctl(1)'
    assert not daemon.lines("^asked")


@pytest.mark.parametrize("verb", ["status", "peers", "watch"])
def test_what_only_looks_is_answered_at_the_status_socket(verb, here, mcastd):
    good(ask(mcastd(here, receiver()), verb, "status.sock"))


@pytest.mark.parametrize("line", NO_REQUESTS)
def test_what_is_no_request_is_told_so_and_the_next_one_is_answered(line, here, mcastd):
    with Client(mcastd(here, receiver())) as client:
        client.send(line + b"\n")
        error(client.next())
        good(client.ask("status"))


def test_requests_are_answered_in_their_order(here, mcastd):
    """More of them than are answered without a rest."""
    verbs = [f"verb-{number}" for number in range(4000)]
    with Client(mcastd(here, receiver())) as client:
        client.send(b"".join(json.dumps({"verb": verb}).encode() + b"\n" for verb in verbs))
        assert [error(client.next()).split('"')[3] for _ in verbs] == verbs


def test_a_request_may_come_bit_by_bit(here, mcastd):
    with Client(mcastd(here, receiver())) as client:
        for byte in b'{"verb":"status"}\n':
            client.send(bytes([byte]))
        good(client.next())


def test_who_has_said_all_is_still_answered(here, mcastd):
    with Client(mcastd(here, receiver())) as client:
        client.send(b'{"verb":"status"}\n{"verb":"peers"}\n{"verb":"status"}')  # the last without an end
        client.end_of_requests()
        assert "daemon" in good(client.next())
        assert "peers" in good(client.next())
        assert "daemon" in good(client.next())
        assert client.ends()


def test_a_watcher_that_will_ask_no_more_has_watched(here, mcastd):
    daemon = mcastd(here, receiver())
    with Client(daemon) as client:
        client.request("watch")
        client.end_of_requests()
        good(client.next())
        assert client.ends()
    assert counts(daemon)["dropped"] == 0


# --- the files ---

class Masked:
    """For a Daemon's `journal`: it is started with this umask."""

    def __init__(self, mask):
        self._mask = mask

    def wrap(self, command):
        return ["sh", "-c", f'umask {self._mask}; exec "$@"', "sh", *command]


@pytest.mark.parametrize("mask", ["000", "022", "077"])
def test_the_modes_of_the_files_say_who_may_connect(mask, here, mcastd):
    daemon = mcastd(here, receiver(), journal=Masked(mask))
    assert mode(f"{daemon.folder}/run") == 0o755
    assert mode(path_of(daemon, "control.sock")) == 0o660
    assert mode(path_of(daemon, "status.sock")) == 0o666


CONNECT = """
import socket, sys
sock = socket.socket(socket.AF_UNIX)
try:
    sock.connect(sys.argv[1])
except PermissionError as error:
    sys.exit(error.strerror)
sock.sendall(b'{"verb":"status"}')
sock.shutdown(socket.SHUT_WR)
print(sock.recv(22).decode())
"""


def test_another_user_may_only_look(here, folder, another_user, mcastd):
    daemon = mcastd(here, receiver())
    for path in folder, daemon.folder:
        os.chmod(path, 0o755)
    changing, looking = (here.run(*AS_NOBODY, "/usr/bin/python3", "-c", CONNECT, path_of(daemon, name))
                         for name in ("control.sock", "status.sock"))
    assert (changing.stdout, changing.stderr) == ("", "Permission denied\n")
    assert (looking.stdout, looking.stderr) == ('{"version":1,"ok":true\n', "")


def test_the_sockets_are_gone_when_it_has_stopped(here, mcastd):
    daemon = mcastd(here, receiver())
    daemon.stop()
    assert not list((daemon.folder / "run").iterdir())


def test_what_a_killed_one_has_left_is_replaced(here, mcastd):
    killed = mcastd(here, receiver())
    killed.kill()
    assert (killed.folder / "run/control.sock").is_socket()
    daemon = mcastd(here, receiver(), RUNTIME_DIRECTORY=f"{killed.folder}/run")
    assert ask(killed, "status")["daemon"]["pid"] == daemon.process.pid


def test_of_two_in_one_folder_the_first_keeps_its_sockets_and_the_second_does_its_work(here, there, mcastd):
    first = mcastd(here, receiver(PORT=5002))
    second = mcastd(here, receiver(HANDLERS="ack"), RUNTIME_DIRECTORY=f"{first.folder}/run")
    path = re.escape(path_of(first))
    assert len(second.lines(f"cannot listen at {path}, where another mcastd listens: Address already in use$")) == 1
    assert there.ask(b"still there?", "239.1.1.1", 5001)[0][0] == b"ack"
    second.stop()
    assert ask(first, "status")["daemon"]["pid"] == first.process.pid


def test_a_file_that_is_no_socket_is_left_alone(here, folder, mcastd):
    with open(f"{folder}/status.sock", "w") as file:
        file.write("precious")
    daemon = mcastd(here, receiver(), RUNTIME_DIRECTORY=folder)
    assert len(daemon.lines(f"cannot listen at {folder}/status.sock, which is no socket: ")) == 1
    daemon.stop()
    with open(f"{folder}/status.sock") as file:
        assert file.read() == "precious"


def test_the_folder_can_be_configured(here, folder, mcastd):
    daemon = mcastd(here, f"[DAEMON]\nRUNTIME_DIR = {folder}/elsewhere\n" + receiver())
    assert mode(f"{folder}/elsewhere/control.sock") == 0o660
    assert not (daemon.folder / "run").exists()


def test_a_path_that_is_too_long_is_told(here, folder, mcastd):
    daemon = mcastd(here, receiver(), RUNTIME_DIRECTORY=f"{folder}/{'x' * 100}")
    assert len(daemon.lines("cannot make control.sock in .* a path of more than 107 bytes: File name too long$")) == 1


def test_clients_are_told_of_the_stop_and_do_not_hold_it_up(here, mcastd):
    daemon = mcastd(here, receiver())
    clients = [Client(daemon) for _ in range(3)]
    clients[0].ask("watch")
    clients[1].send(b'{"verb":"sta')
    assert daemon.stop() == 0
    assert clients[0].event("stopping")["message"] == "stopping on SIGTERM"
    assert all(client.ends() for client in clients)
