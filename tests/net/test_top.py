"""mcastctl top: what the screen shows, what the keys do, and what is left of it."""
import contextlib
import json
import os
import pathlib
import pty
import re
import signal
import socket
import subprocess
import threading

import pytest

from daemon import Daemon, built, emitter, receiver
from lan import DEADLINE, Program, eventually
from terminal import Terminal

# A peer that is dead as soon as it is silent for a moment, and one that never is.
MORTAL, IMMORTAL = {"DEAD_AFTER": "300ms"}, {"DEAD_AFTER": "1h"}
QUICKLY = ["--delay", "100ms"]


def command(daemon, *options):
    return [built("mcastctl"), "top", "--socket", daemon.folder / "run", *options]


@pytest.fixture
def top(here, folder):
    """Starts top in a terminal: top(daemon, options…, size=…)."""
    def start(daemon, *options, size=(100, 20), **environment):
        return Terminal(here, folder, *command(daemon, *QUICKLY, *options), size=size, **environment)
    return start


def speak(host, times=3, group="239.1.1.1", payload=b"hello"):
    """Often enough for a peer to be known, from one port."""
    with host.udp() as sock, host.entered():
        for _ in range(times):
            sock.sendto(payload, (group, 5001))


def steady(text):
    """Without what is different each time: times, durations, rates."""
    text = re.sub(r"\d\d\d\d-\d\d-\d\d ", "", text)
    text = re.sub(r"\d\d:\d\d:\d\d", "TIME", text)
    text = re.sub(r"\b(\d+h\d\dm|\d+m\d\ds|[\d.]+m?s)", "SPAN", text)
    text = re.sub(r"(?<= )[+-]\d+(\.\d+)?(ms|s)", "CLOCK", text)
    return re.sub(r"(?<![^ ])(\d+\.\d|-)(?=/s| |$)", "RATE", text, flags=re.M)


def words(line):
    return re.sub(" +", " ", steady(line))


def screens(text):
    """Of --batch: each begins with the time, and ends with an empty line."""
    text = "\n".join(map(words, text.split("\n")))
    return [screen.rstrip("\n").split("\n") for screen in re.split("^(?=TIME )", text, flags=re.M)[1:]]


def rows(lines, title):
    """The words of the rows of a table, without its header."""
    begin = next(i for i, line in enumerate(lines) if line.startswith(title)) + 2
    table = lines[begin:]
    return [line.split() for line in table[:table.index("") if "" in table else -1]]


# --- what it shows ---

def test_the_screen_shows_the_daemon_its_groups_and_peers(here, there, mcastd, top):
    daemon = mcastd(here, "[DAEMON]\nNODE = first\n" + receiver(HANDLERS="ack", **IMMORTAL)
                    + emitter(PORT=5002, INTERVAL="1h") + receiver("MCSERVER.b", INTERFACE="eth7"))
    speak(there)
    daemon.wait_for_counters("mcserver", received=3)
    screen = top(daemon, size=(130, 16)).wait_for(r"^mcserver .* 0\.0 ", r"^10\.0\.0\.2 .* 0\.0 ")
    assert [words(line) for line in screen] == [
        "TIME first: healthy, up SPAN since TIME",
        "RATE/s in, RATE/s out; peers: 1 up; groups: 1 joined, 1 emitting, 1 waiting",
        "[mcserver.b] waiting: there is no interface eth7",
        "Groups 3 by STATE",
        "SECTION STATE↑ GROUP VIA IN/S OUT/S DROPS UP DOWN NEW ACKS KNOWN KIND WHY",
        "mcserver.b waiting 239.1.1.1:5001 RATE RATE 0 0 0 0 RATE RATE receiver there is no interface eth7",
        "mcserver active 239.1.1.1:5001 eth0 RATE RATE 0 1 0 0 RATE RATE receiver",
        "mcclient active 239.1.1.1:5002 eth0 RATE RATE 0 RATE RATE RATE 0 0 emitter",
        "",
        "Peers 1 by STATE",
        "ADDRESS STATE↑ HEARD SECTION EVERY IN/S LOST RESTARTS CLOCK PAYLOAD",
        "10.0.0.2 up SPAN mcserver SPAN RATE RATE 0 RATE hello",
        "", "", "",
        "q end h help Tab groups/peers s sort r reverse / filter space pause",
    ]


def test_what_is_not_well_beside_the_sections_has_a_line(here, mcastd, top):
    daemon = mcastd(here, receiver())
    assert "not reloaded" in daemon.reload(receiver(PORT=0))
    screen = top(daemon).wait_for(": healthy, ", "^the last reload was refused$", "^Groups 1 by STATE")
    assert screen[2:4] == ["the last reload was refused", "Groups 1 by STATE"]


def test_rates_are_what_the_daemon_has_counted_in_a_second(here, there, mcastd, top):
    daemon = mcastd(here, receiver(**IMMORTAL))
    terminal = top(daemon)
    speak(there, 1)
    terminal.wait_for(r"^mcserver .* 0\.0 ", r"^10\.0\.0\.2 .* 0\.0 ")
    terminal.press("Space")
    terminal.wait_for("^paused")
    speak(there, 1000)
    daemon.wait_for_counters("mcserver", received=1001)
    terminal.press("Space")
    terminal.wait_for(r"^[1-9][\d.]*/s in", r"^mcserver .* [1-9][\d.]* ", r"^10\.0\.0\.2 .* [1-9][\d.]* ")
    terminal.wait_for(r"^0\.0/s in")


def test_a_peer_that_dies_is_called_down_and_comes_first(here, there, lan, mcastd, top):
    other = lan.host()
    daemon = mcastd(here, receiver("MCSERVER.dying", **MORTAL)
                    + receiver("MCSERVER.living", MCAST_GROUP="239.1.1.2", **IMMORTAL))
    speak(other)
    speak(there, group="239.1.1.2")
    screen = top(daemon).wait_for("1 up, 1 down", "^Peers 2", "down")
    assert [row[:2] for row in rows(screen, "Peers")] == [[other.address, "down"], [there.address, "up"]]


def test_the_worst_group_comes_first_and_a_daemon_that_is_unwell_is_said_to_be(here, mcastd, top):
    daemon = mcastd(here, receiver("MCSERVER.a") + receiver("MCSERVER.b", PORT=5002, EXPECT_EVERY="100ms"))
    screen = top(daemon).wait_for(": not healthy, ", r"^\[mcserver.b\] silent: ", "silent")
    assert [row[:2] for row in rows(screen, "Groups")] == [["mcserver.b", "silent"], ["mcserver.a", "active"]]


def test_colours_are_for_terminals_that_want_them(here, mcastd, top):
    screen = top(mcastd(here, receiver()))
    screen.wait_for("^mcserver +active")
    assert any("\x1b[32mactive" in line for line in screen.lines(colours=True))


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "vt100"}], ids=str)
def test_there_are_no_colours_where_they_are_not_wanted_or_not_known(environment, here, folder, mcastd):
    terminal = Terminal(here, folder, "env", *(f"{key}={value}" for key, value in environment.items()),
                        *command(mcastd(here, receiver())))
    terminal.wait_for("^mcserver +active")
    assert not [line for line in terminal.lines(colours=True) if re.search(r"\x1b\[(\d;)?3[0-7]m", line)]


def test_without_utf8_the_arrows_are_ascii(here, folder, mcastd):
    terminal = Terminal(here, folder, "env", "LC_ALL=C", "TERM=vt100", *command(mcastd(here, receiver())))
    assert terminal.wait_for("^mcserver +active", r"STATE\^")


# --- its size ---

def test_columns_drop_from_the_right_and_nothing_is_wrapped(here, there, mcastd, top):
    daemon = mcastd(here, receiver(**IMMORTAL))
    speak(there, payload=b"hello, hello, hello")
    terminal = top(daemon, size=(60, 15))
    narrow = terminal.wait_for("^SECTION .* DROPS$", "^ADDRESS .* LOST$", r"^10\.0\.0\.2")
    assert len(rows(narrow, "Groups")) == len(rows(narrow, "Peers")) == 1
    terminal.resize(160, 50)
    terminal.wait_for("^SECTION .* KIND +WHY$", "^ADDRESS .* PAYLOAD$", "hello, hello, hello$")
    terminal.resize(90, 15)
    terminal.wait_for("^ADDRESS .* PAYLOAD$", "hello, hell.*~$")
    terminal.resize(20, 5)
    tiny = terminal.wait_for("^ADDRESS +STATE", "up$")
    assert [words(line) for line in tiny[1:]] == ["ADDRESS STATE↑", "10.0.0.2 up", "", ""]


def test_no_size_is_too_small(here, mcastd, top):
    terminal = top(mcastd(here, receiver()), size=(100, 20))
    terminal.wait_for("^mcserver")
    for size in (1, 1), (2, 50), (200, 1), (3, 3), (20, 5):
        terminal.resize(*size)
        terminal.press("g", "h", "h", "/", "x", "Escape", "p", "End", "Right")
    terminal.resize(100, 20)
    terminal.wait_for("^mcserver +active")


def test_two_things_that_are_not_well_have_two_lines(fake, top):
    refused = {"daemon": {"node": "fake", "healthy": True, "worst": "[a] waiting", "remark": "HTTP could not be opened"}}
    screen = top(fake(status=[STATUS | refused]), size=(100, 8)).wait_for("^HTTP could not be opened$", "^ADDRESS")
    assert screen[2:5] == ["[a] waiting", "HTTP could not be opened", "Peers 0 by STATE"]


# --- keys ---

def test_the_order_is_by_the_column_that_the_keys_choose(here, there, lan, mcastd, top):
    other = lan.host()
    daemon = mcastd(here, receiver(**IMMORTAL))
    speak(there, 3)
    speak(other, 5)
    terminal = top(daemon)
    terminal.wait_for("^Peers 2 by STATE", "^ADDRESS .* STATE↑", there.address, other.address)
    terminal.press("S")
    terminal.wait_for("^Peers 2 by ADDRESS$", "^ADDRESS↑", there.address, other.address)
    terminal.press("r")
    terminal.wait_for("^Peers 2 by ADDRESS reversed$", "^ADDRESS↓", other.address, there.address)
    terminal.press("g", "s")
    terminal.wait_for("^Groups 1 by GROUP", "^Peers 2 by ADDRESS reversed")


def test_a_filter_leaves_the_rows_with_the_text_and_escape_brings_the_others_back(here, there, lan, mcastd, top):
    other = lan.host()
    daemon = mcastd(here, receiver(**IMMORTAL))
    speak(there)
    speak(other, payload=b"q is no end here")
    terminal = top(daemon, size=(140, 20))
    terminal.wait_for("^Peers 2")
    terminal.press("/", "q", "Space", "I", "S")
    screen = terminal.wait_for('^Peers 1 by STATE, with "q IS" .of 2.', "^Peers with: q IS_$")
    assert [row[0] for row in rows(screen, "Peers")] == [other.address]
    terminal.press("Enter")
    terminal.wait_for('with "q IS"', "^q end")
    terminal.press("Escape")
    terminal.wait_for("^Peers 2 by STATE$", there.address, other.address)


def test_what_has_no_room_is_reached_by_scrolling(here, there, lan, mcastd, top):
    daemon = mcastd(here, receiver(**IMMORTAL))
    for number in range(10, 40):
        for _ in range(3):
            there.forge(f"10.0.0.{number}", 7, "239.1.1.1", 5001, b"x")
    terminal = top(daemon, size=(80, 20))
    terminal.wait_for("^Peers 1-10 of 30", r"^10\.0\.0\.10 ", r"^10\.0\.0\.19 ")
    for key, shown, first in ("Down", "2-11", 11), ("PageDown", "12-21", 21), ("End", "21-30", 30), ("Up", "20-29", 29), \
            ("PageUp", "10-19", 19), ("Home", "1-10", 10):
        terminal.press(key)
        terminal.wait_for(f"^Peers {shown} of 30", "^ADDRESS", rf"^10\.0\.0\.{first} ")
    terminal.press("End")
    terminal.resize(80, 60)
    terminal.wait_for("^Peers 30 by", "^ADDRESS", r"^10\.0\.0\.10 ")
    terminal.press("Right", "Right")
    terminal.wait_for("^ADDRESS +SECTION")


def test_a_pause_keeps_the_screen_and_the_help_is_there(here, there, mcastd, top):
    daemon = mcastd(here, receiver(**IMMORTAL))
    terminal = top(daemon)
    terminal.wait_for("^Peers 0")
    terminal.press("Space")
    before = terminal.wait_for("^paused")
    speak(there)
    daemon.wait_for_counters("mcserver", received=3)
    terminal.press("h")
    terminal.wait_for("^s S +sort by", "^any key")
    terminal.press("q")
    assert terminal.wait_for("^paused") == before
    terminal.press("Space")
    terminal.wait_for("^Peers 1")


# --- a daemon that is gone, or slow ---

def test_it_says_that_the_daemon_is_gone_and_finds_it_again(request, here, folder, mcastd):
    daemon = mcastd(here, receiver())
    terminal = Terminal(here, folder, *command(daemon, *QUICKLY))
    terminal.wait_for("^mcserver +active")
    daemon.stop()
    (daemon.folder / "notify").unlink()
    terminal.wait_for(r"^no answer since \d\d:\d\d:\d\d: no mcastd answers at .*control.sock: ", "^mcserver +active")
    again = Daemon(here, receiver("MCSERVER.other"), daemon.folder)
    request.addfinalizer(again.end)
    screen = terminal.wait_for("^mcserver.other +active")
    assert not [line for line in screen if "no answer" in line]


SILENCE = {}


class Fake:
    """Answers in the daemon's place, from a list of answers to each verb, the last of them again and again. None
    closes the connection instead, SILENCE is no answer at all."""

    def __init__(self, folder, status, peers):
        self.folder, self.requests = folder, []
        self._answers = {"status": status, "peers": peers}
        os.mkdir(folder / "run")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / "run" / "control.sock"))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, client.makefile("rw") as stream, contextlib.suppress(ConnectionError):
                    self._answer(stream)

    def _answer(self, stream):
        for line in stream:
            request = json.loads(line)
            self.requests.append(request)
            answers = self._answers[request["verb"]]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if answer is None:
                return
            if answer is SILENCE:
                continue
            print(json.dumps({"version": 1, "ok": True, "now": "2026-11-21T01:16:11.123Z"} | answer), file=stream,
                  flush=True)

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


STATUS = {"daemon": {"node": "fake", "healthy": True}, "sections": [{"name": "mcserver", "state": "active"}], "next": None}
PEERS = {"peers": [], "acks": [], "next": None}


def peer(address, **more):
    return {"address": address, "section": "mcserver", "state": "up"} | more


@pytest.fixture
def fake(request, folder):
    def start(status=(STATUS,), peers=(PEERS,)):
        daemon = Fake(pathlib.Path(folder), list(status), list(peers))
        request.addfinalizer(daemon.close)
        return daemon
    return start


def test_all_pages_are_shown(fake, top):
    daemon = fake(status=[STATUS | {"next": "256"}, STATUS | {"sections": [{"name": "second", "state": "active"}]}],
                  peers=[PEERS | {"peers": [peer("10.0.0.1")], "next": "0:1"}, PEERS | {"peers": [peer("10.0.0.2")]}])
    top(daemon, "-n", 1).wait_for("^ended with 0")
    assert daemon.requests == [{"verb": "status"}, {"verb": "status", "after": "256"},
                               {"verb": "peers"}, {"verb": "peers", "after": "0:1"}]


def test_a_connection_that_was_closed_while_it_was_idle_is_no_trouble(here, fake):
    daemon = fake(status=[STATUS, None, STATUS])
    outcome = here.run(*command(daemon, *QUICKLY, "-b", "-n", 2))
    assert outcome.returncode == 0
    assert outcome.stdout.count("fake: healthy") == 2 and "no answer" not in outcome.stdout


def test_a_daemon_that_always_hangs_up_is_trouble(here, fake):
    outcome = here.run(*command(fake(status=[None]), *QUICKLY, "-b", "-n", 2))
    assert outcome.returncode == 1
    assert re.findall(r"^no answer since .*: (.*)$", outcome.stdout, re.M) == ["mcastd has closed the connection"] * 2


def test_keys_work_while_the_daemon_does_not_answer(fake, top):
    daemon = fake(status=[STATUS, SILENCE])
    terminal = top(daemon)
    eventually(lambda: len(daemon.requests) == 3, "the second question")
    terminal.press("g", "s")
    terminal.wait_for("^Groups 1 by GROUP")
    terminal.press("q")
    terminal.wait_for("^ended with 0")
    assert len(daemon.requests) == 3


def test_a_daemon_that_does_not_answer_at_all_is_trouble_in_the_end(fake, top):
    top(fake(status=[STATUS, SILENCE])).wait_for("^no answer since .*: mcastd has not answered for 10 s$")


def test_what_the_daemon_refuses_is_said(here, fake):
    refusal = {"ok": False, "error": "too many clients: at most 16"}
    outcome = here.run(*command(fake(status=[refusal]), "-b", "-n", 1))
    assert outcome.returncode == 1
    assert re.search("^no answer since .*: too many clients: at most 16$", outcome.stdout, re.M)


@pytest.mark.parametrize("answer", [{"daemon": None}, {"version": 2}], ids=str)
def test_an_answer_that_is_none_of_mcastd_is_trouble(answer, here, fake):
    outcome = here.run(*command(fake(status=[STATUS | answer]), "-b", "-n", 1))
    assert outcome.returncode == 1
    assert "no answer since" in outcome.stdout


def test_no_control_character_of_the_daemon_reaches_the_terminal(here, fake):
    evil = "\x1b]0;evil\x07\n\r\t\x7f\u0080\u009b31m\ufffd"
    daemon = fake(status=[STATUS | {"daemon": {"node": evil, "worst": evil}, "sections": [
        {key: evil for key in ("name", "kind", "state", "why", "group", "interface")}]}],
        peers=[PEERS | {"peers": [peer(evil, payload=evil, section=evil, state=evil)]}])
    outcome = here.run(*command(daemon, "-b", "-n", 1))
    assert outcome.returncode == 0
    assert re.fullmatch("[\n -~]*", outcome.stdout) and "?]0;evil?" in outcome.stdout


# --- how it ends ---

@pytest.mark.parametrize("end", ["q", "C-c", signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT], ids=str)
def test_it_leaves_the_terminal_as_it_was(end, here, mcastd, top):
    terminal = top(mcastd(here, receiver()))
    terminal.wait_for("^mcserver +active")
    assert terminal.state()[:2] == ["0", "1"]
    if isinstance(end, str):
        terminal.press(end)
    else:
        os.kill(terminal.program(), end)
    screen = terminal.wait_for("^ended with 0$", ".")
    assert terminal.state() == ["1", "0", "0"]
    before, settings, ended, after = [line for line in screen if line]
    assert (before, ended) == ("before", "ended with 0")
    assert settings == after


def test_it_ends_when_the_terminal_is_gone(here, mcastd):
    daemon, (ours, its) = mcastd(here, receiver()), pty.openpty()
    with here.entered():
        process = subprocess.Popen([str(word) for word in command(daemon)], stdin=its, stdout=its, stderr=subprocess.PIPE,
                                   env={"PATH": os.environ["PATH"], "TERM": "xterm"})
    os.close(its)
    shown = b""
    while b"mcserver" not in shown:
        shown += os.read(ours, 65536)
    os.close(ours)
    assert process.wait(DEADLINE) == 0, process.stderr.read()


def test_it_ends_after_so_many_screens(here, mcastd, top):
    top(mcastd(here, receiver()), "-n", 3).wait_for("^ended with 0$")


# --- as plain text ---

def test_batch_prints_one_screen_after_the_other(here, there, mcastd):
    daemon = mcastd(here, receiver(**IMMORTAL))
    speak(there)
    daemon.wait_for_counters("mcserver", received=3)
    outcome = here.run(*command(daemon, *QUICKLY, "--batch", "--iterations", 2))
    assert (outcome.returncode, outcome.stderr) == (0, "")
    first, second = screens(outcome.stdout)
    assert first == second
    assert second[2:] == [
        "", "SECTION STATE GROUP VIA IN/S OUT/S DROPS UP DOWN NEW ACKS KNOWN KIND",
        "mcserver active 239.1.1.1:5001 eth0 RATE RATE 0 1 0 0 RATE RATE receiver",
        "", "ADDRESS STATE HEARD SECTION EVERY IN/S LOST RESTARTS CLOCK PAYLOAD",
        "10.0.0.2 up SPAN mcserver SPAN RATE RATE 0 RATE hello",
    ]


def test_the_first_screen_has_no_rates(here, mcastd):
    outcome = here.run(*command(mcastd(here, receiver()), *QUICKLY, "-b", "-n", 2))
    assert re.findall("^(.*)/s in, (.*)/s out;", outcome.stdout, re.M) == [("-", "-"), ("0.0", "0.0")]


def test_batch_goes_on_without_the_daemon(here, mcastd):
    daemon = mcastd(here, receiver())
    program = Program(here, *command(daemon, *QUICKLY, "-b"), env={"PATH": os.environ["PATH"]})
    program.wait_for("^mcserver +active")
    daemon.stop()
    assert program.wait_for("^no answer since", 3)
    assert program.process.poll() is None


def test_output_that_is_lost_is_a_failure_and_the_end(here, mcastd):
    daemon = mcastd(here, receiver())
    outcome = here.run("sh", "-c", '"$@" >/dev/full', "sh", *command(daemon, "-b"))
    assert outcome.returncode == 1
    assert re.fullmatch("mcastctl: cannot write: .*\n", outcome.stderr)


# --- usage ---

def test_without_a_terminal_it_asks_for_batch(here, mcastd):
    outcome = here.run(*command(mcastd(here, receiver())))
    assert (outcome.returncode, outcome.stdout) == (64, "")
    assert "--batch" in outcome.stderr


def test_a_terminal_that_can_do_nothing_is_refused(here, folder, mcastd):
    terminal = Terminal(here, folder, "env", "TERM=dumb", *command(mcastd(here, receiver())))
    terminal.wait_for("this terminal cannot show it: give --batch", "^ended with 1")


def test_without_a_daemon_there_is_nothing_to_show(here, folder):
    outcome = here.run(built("mcastctl"), "top", "--batch", "--socket", f"{folder}/nowhere")
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert "no mcastd answers at" in outcome.stderr


@pytest.mark.parametrize("wrong", [["--delay", "99ms"], ["--delay", "2h"], ["-n", "0"], ["-n", "x"], ["more"], ["--json"]],
                         ids=" ".join)
def test_a_wrong_usage_is_refused(wrong, here):
    outcome = here.run(built("mcastctl"), "top", *wrong)
    assert (outcome.returncode, outcome.stdout) == (64, "")
