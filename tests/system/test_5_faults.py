"""The daemon is killed again and again under load, and the journal fails: the work goes on, and all is accounted for."""
import contextlib
import json
import os
import time

import pytest

import sections
from background import Background
from sections import BEAT_SECONDS, REQUESTS, ask, hear_beats
from test_3_trouble import LOST, MORE_THAN_THE_JOURNAL_QUEUES, ask_until_lines_are_written_again

FULL = bool(os.environ.get("MCASTD_FULL"))
KILLS = 50 if FULL else 6
# RestartSec= is a quarter of a second. How long it really takes is told as a figure; this is for something gone wrong.
RESTART_SECONDS = 10


@pytest.fixture(scope="module", autouse=True)
def installed(service, deb):
    """Other tests may have removed it."""
    if not service.configuration.exists():
        service.install(deb)


@pytest.fixture
def on_the_lan_alone(service):
    """A receiver and an emitter on the lan, and nothing else."""
    before = service.configuration.read_text()
    service.configuration.write_text(sections.RECEIVER + sections.EMITTER)
    service.reload()
    yield
    service.configuration.write_text(before)
    service.reload()


class Load(Background):
    """A thousand requests a second, answered or not."""

    def __init__(self, peer):
        super().__init__(self._send)
        self._sock = peer.udp(peer.address)

    def _send(self):
        self._sock.sendto(b"load", REQUESTS)
        time.sleep(0.001)

    def __exit__(self, *raised):
        with self._sock:
            super().__exit__(*raised)


def seconds_until_it_answers(peer):
    """It is asked again and again, from now on."""
    began = time.monotonic()

    def answered():
        with peer.udp(peer.address) as asker, contextlib.suppress(TimeoutError):
            asker.settimeout(0.02)
            return ask(asker)[0] == b"ack"
    while not answered():
        assert time.monotonic() - began < 30
    return time.monotonic() - began


@pytest.mark.usefixtures("on_the_lan_alone")
def test_after_each_of_many_kills_under_load_it_runs_again(service, peer, figures):
    """MCASTD_FULL: fifty of them."""
    restarts, took = service.restarts, []
    with Load(peer):
        for _ in range(KILLS):
            pid = service.pid
            service.signal("KILL")
            took.append(seconds_until_it_answers(peer))
            service.wait_for_another_process(than=pid)
    figures(f"killed {KILLS} times under load, answers again after", f"{min(took):.2f} to {max(took):.2f} s")
    assert service.restarts == restarts + KILLS
    assert max(took) <= RESTART_SECONDS
    # Nothing is left of those who were killed.
    assert sorted(service.container.output("ls", "/run/mcastd").split()) == sorted(
        name for name in ("control.sock", "status.sock", "keys.sock") if service.container.path(f"/run/mcastd/{name}").exists())
    status = json.loads(service.container.output("mcastctl", "status", "--json"))
    assert status["daemon"]["pid"] == service.pid and [section["state"] for section in status["sections"]] == ["active"] * 2


# --- the journal ---

@contextlib.contextmanager
def killed_journal(container):
    """Its service manager starts it anew, and has kept its sockets."""
    container.run("systemctl", "kill", "--signal=KILL", "systemd-journald")
    yield


@contextlib.contextmanager
def journal_without_a_socket(container):
    """The file is moved away. What waits in it still arrives."""
    socket = container.path("/run/systemd/journal/socket")
    away = socket.with_name("away")
    socket.rename(away)
    try:
        yield
    finally:
        away.rename(socket)


@pytest.mark.usefixtures("on_the_lan_alone")
@pytest.mark.parametrize("failing", [killed_journal, journal_without_a_socket])
def test_while_the_journal_fails_acks_and_beats_go_on_and_what_is_lost_is_told(failing, service, peer, figures):
    """MCASTD_FULL: for half a minute."""
    mark, beats = service.journal.mark(), (30 if FULL else 3) / BEAT_SECONDS
    with failing(service.container):
        with peer.udp(peer.address) as asker:
            answers = [ask(asker)[0] for _ in range(MORE_THAN_THE_JOURNAL_QUEUES)]
        began = time.monotonic()
        heard = hear_beats(peer, int(beats))
        took = time.monotonic() - began
    requests = MORE_THAN_THE_JOURNAL_QUEUES + ask_until_lines_are_written_again(service, peer, mark)
    lines = service.journal.lines(mark)
    written = sum(line.startswith(("received ", "acknowledged ")) for line in lines)
    sent = sum(line.startswith("sent ") for line in lines)
    lost = sum(int(match[1]) for match in map(LOST.fullmatch, lines) if match)
    figures(f"{failing.__name__.replace('_', ' ')}: {len(heard)} beats of {BEAT_SECONDS} s took", f"{took:.2f} s")
    figures(f"{failing.__name__.replace('_', ' ')}: lines lost and told", f"{lost} of {2 * requests} and those of beats")
    assert answers == [b"ack"] * MORE_THAN_THE_JOURNAL_QUEUES
    # A machine with other things to do may skip some.
    assert took <= 1.5 * len(heard) * BEAT_SECONDS
    # Of beats there are as many lines as are not of requests, and no more than there was time for.
    beats_lost = written + lost - 2 * requests
    assert 0 <= beats_lost + sent <= (time.monotonic() - began) / BEAT_SECONDS + len(heard)
