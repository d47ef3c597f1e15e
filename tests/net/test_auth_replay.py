"""What was taken once is never taken again, whatever comes in between; and what overtakes it on the way is."""
import itertools
import time

import pytest

from daemon import emitter, receiver
from family import both
from lan import eventually, in_order
from signing import Key, Signed, Speaker, forged, knowing, of_signatures
from test_clock import TimeOfDay

KEY, OTHER = Key(7), Key(9)
GROUP, PORT = "239.1.1.1", 5001
ENFORCING = receiver(AUTH="enforce", LOG_RATE="unlimited")
# What may wait in the receiver's socket, whatever the kernel grants.
QUEUE = 100


def pour(host, datagrams, daemon, received):
    """In this order, and so that none is lost. `received`: how many the daemon has had before."""
    datagrams = iter(datagrams)
    with host.udp() as sock, in_order():
        while some := list(itertools.islice(datagrams, QUEUE)):
            for datagram in some:
                sock.sendto(datagram, (GROUP, PORT))
            received += len(some)
            daemon.wait_for_counters("mcserver", received=received)
    return received


def counted(daemon):
    return of_signatures(daemon.counters("mcserver"))


# --- order ---

@pytest.mark.parametrize("depth, too_late", [(500, 0), (1023, 0), (1024, 0), (1025, 1), (1100, 76)])
def test_so_many_may_overtake_one(depth, too_late, here, there, folder, mcastd):
    daemon = mcastd(here, knowing(folder, KEY) + receiver(AUTH="enforce", LOG_RATE="none"))
    speaker = Speaker(KEY)
    blocks = [[speaker.sign(b"x") for _ in range(depth + 1)] for _ in range(2)]
    # Each block comes the other way round.
    received = pour(there, [datagram for block in blocks for datagram in reversed(block)], daemon, 0)
    taken = {"auth_ok": 2 * (depth + 1 - too_late)}
    assert counted(daemon) == taken | ({"dropped_replay": 2 * too_late} if too_late else {})
    pour(there, [datagram for block in blocks for datagram in block], daemon, received)
    assert counted(daemon) == taken | {"dropped_replay": 2 * (depth + 1 + too_late)}


def test_a_wide_gap_is_passed_and_what_is_behind_it_is_too_late(here, there, folder, mcastd):
    daemon = mcastd(here, knowing(folder, KEY) + ENFORCING)
    speaker = Speaker(KEY)
    behind, before = speaker.sign(b"behind"), speaker.sign(b"before")
    speaker.sequence += 1 << 40
    pour(there, [before, speaker.sign(b"after"), behind, speaker.sign(b"next")], daemon, 0)
    assert counted(daemon) == {"auth_ok": 3, "dropped_replay": 1}
    assert not daemon.lines(": behind$")


def test_what_comes_twice_in_a_row_is_taken_once(here, there, folder, mcastd):
    daemon = mcastd(here, knowing(folder, KEY) + ENFORCING)
    speaker = Speaker(KEY)
    stream = [speaker.sign(b"number %d" % number) for number in range(200)]
    pour(there, [datagram for one in stream for datagram in (one, one)], daemon, 0)
    assert counted(daemon) == {"auth_ok": 200, "dropped_replay": 200}
    said = [line.rpartition(" ")[2] for line in daemon.lines("^received")]
    assert said == [str(number) for number in range(200)]


# --- forgeries ---

def test_forgeries_in_the_name_of_a_sender_do_not_touch_what_is_known_of_it(here, there, folder, mcastd):
    daemon = mcastd(here, knowing(folder, KEY) + ENFORCING)
    speaker = Speaker(KEY)
    first, late = speaker.sign(b"first"), speaker.sign(b"late")
    far_ahead = [forged(speaker.sign(b"evil", sequence=speaker.sequence + 5000 * number)) for number in range(20)]
    just_taken = [forged(speaker.sign(b"evil", sequence=speaker.sequence + number)) for number in range(20)]
    pour(there, [first, *far_ahead, *just_taken, late, *(speaker.sign(b"next") for _ in range(20))], daemon, 0)
    assert counted(daemon) == {"auth_ok": 22, "dropped_bad_mac": 40}


def test_a_flood_of_forgeries_does_not_keep_a_right_one_from_being_taken_and_answered(here, there, lan, folder, mcastd):
    friend = lan.host()
    daemon = mcastd(here, knowing(folder, KEY) + receiver(AUTH="enforce", HANDLERS="log, ack", ACK_RATE="unlimited"))
    speaker = Speaker(KEY)
    # Some in the name of the right sender, far ahead of it.
    who = [speaker.sender, 1, 2, 3]
    forgeries = [forged(speaker.sign(b"evil", sender=who[number % 4], sequence=speaker.sequence + (number << 20)))
                 for number in range(QUEUE)]
    end, rounds = time.monotonic() + 1.5, 0
    with there.udp() as sock:
        while time.monotonic() < end:
            for forgery in forgeries:
                sock.sendto(forgery, (GROUP, PORT))
            question = speaker.sign(b"who?")
            (answer, _), = friend.ask(question, GROUP, PORT)
            assert Signed(answer).is_by(KEY, GROUP, PORT, request=Signed(question).tag)
            rounds += 1
    daemon.wait_for_counters("mcserver", received=rounds * (QUEUE + 1))
    assert counted(daemon) == {"auth_ok": rounds, "dropped_bad_mac": rounds * QUEUE}
    assert len(daemon.lines("^dropping datagrams")) == 1


# --- a new beginning ---

@both
def test_a_recorded_stream_is_worth_nothing_to_a_daemon_that_was_started_after_it(
        family, here, there, lan, folder, mcastd):
    attacker = family.settle(lan.host())
    config = knowing(folder, KEY) + receiver(MCAST_GROUP=family.group, AUTH="enforce", LOG_RATE="unlimited")
    record = family.member(attacker)
    first = mcastd(here, config)
    speaker = mcastd(there, knowing(folder, KEY) + emitter(MCAST_GROUP=family.group, KEY=7, INTERVAL="10ms"))
    recorded = [record.recv(2048) for _ in range(100)]
    speaker.stop()
    # It may have been started in the second before, which the first one cannot tell from a replay.
    counters = first.counters("mcserver")
    assert counters["auth_ok"] + counters["dropped_early"] == counters["received"] >= 100
    first.stop()
    second = mcastd(here, config)
    with family.sender(attacker) as sock:
        for datagram in recorded:
            sock.sendto(datagram, (family.group, PORT))
    second.wait_for_counters("mcserver", received=100)
    assert counted(second) == {"dropped_early": 100}
    assert not second.lines("^received")


# What the section becomes, and what it becomes then.
CHANGES = {
    "another port and back": [{"PORT": 5002}, {}],
    "SHARE": [{"SHARE": "any"}],
    "another interface and back": [{"INTERFACE": "lo"}, {}],
    "AUTH": [{"AUTH": "receive-only"}, {"AUTH": "permissive"}, {}],
    "what it does": [{"HANDLERS": "ack"}, {}],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_reload_does_not_forget_what_was_taken(change, here, there, folder, mcastd):
    section = {"AUTH": "enforce", "HANDLERS": "log, ack"}
    daemon = mcastd(here, knowing(folder, KEY) + receiver(**section))
    speaker = Speaker(KEY)
    recorded = [speaker.sign(b"recorded") for _ in range(5)]
    pour(there, recorded[:4], daemon, 0)
    for changed in CHANGES[change]:
        daemon.reload(knowing(folder, KEY) + receiver(**section | changed))
    before = daemon.counters("mcserver")
    for datagram in recorded:
        there.send(datagram, GROUP, PORT)
    there.ask(speaker.sign(b"end"), GROUP, PORT)
    more = daemon.counters("mcserver") - before
    assert of_signatures(more) == {"auth_ok": 2, "dropped_replay": 4}
    assert len(daemon.lines("^received .*: recorded$")) == 5


def test_a_key_that_was_gone_for_a_while_does_not_bring_back_what_it_signed(here, there, folder, mcastd):
    daemon = mcastd(here, knowing(folder, KEY, OTHER) + ENFORCING)
    recorded = Speaker(KEY).sign(b"recorded")
    pour(there, [recorded], daemon, 0)
    daemon.reload(knowing(folder, OTHER) + ENFORCING)
    pour(there, [recorded], daemon, 1)
    daemon.reload(knowing(folder, KEY, OTHER) + ENFORCING)
    pour(there, [recorded], daemon, 2)
    assert counted(daemon) == {"auth_ok": 1, "dropped_unknown_key": 1, "dropped_replay": 1}


def test_a_section_of_another_name_does_not_take_what_the_one_before_it_has_taken(here, there, folder, mcastd):
    daemon = mcastd(here, knowing(folder, KEY) + ENFORCING)
    recorded = Speaker(KEY).sign(b"recorded")
    pour(there, [recorded], daemon, 0)
    daemon.reload(knowing(folder, KEY) + receiver("MCSERVER.renamed", AUTH="enforce"))
    there.send(recorded, GROUP, PORT)
    daemon.wait_for_counters("mcserver.renamed", received=1)
    assert of_signatures(daemon.counters("mcserver.renamed")) == {"dropped_early": 1}


def test_what_was_started_with_its_clock_ahead_hears_as_soon_as_that_is_set_right(here, there, folder, mcastd):
    veteran, time_of_day = Speaker(KEY), TimeOfDay(folder)
    time_of_day.step("+1h")
    daemon = mcastd(here, knowing(folder, KEY) + ENFORCING, **time_of_day.environment)
    time_of_day.step("+0")
    started = int(time.time())
    eventually(lambda: int(time.time()) > started, "the next second")
    pour(there, [veteran.sign(b"old"), Speaker(KEY).sign(b"new")], daemon, 0)
    assert counted(daemon) == {"auth_ok": 2}


def test_what_was_started_with_its_clock_behind_refuses_what_is_older_when_that_is_set_right(here, there, folder, mcastd):
    recorded, time_of_day = Speaker(KEY).sign(b"recorded"), TimeOfDay(folder)
    time_of_day.step("-1h")
    daemon = mcastd(here, knowing(folder, KEY) + ENFORCING, **time_of_day.environment)
    time_of_day.step("+0")
    pour(there, [recorded], daemon, 0)
    assert counted(daemon) == {"dropped_early": 1}


@pytest.mark.parametrize("other", [{}, {"PORT": 5002}], ids=["off", "off, and another port"])
def test_what_was_taken_while_auth_was_off_is_not_taken_again(other, here, there, folder, mcastd):
    daemon = mcastd(here, knowing(folder, KEY) + ENFORCING)
    recorded = [Speaker(KEY).sign(b"recorded") for _ in range(5)]
    daemon.reload(knowing(folder, KEY) + receiver(**{"AUTH": "off"} | other))
    daemon.reload(knowing(folder, KEY) + ENFORCING)
    pour(there, recorded, daemon, daemon.counters("mcserver")["received"])
    assert counted(daemon) == {"dropped_early": 5}


def test_the_clock_of_a_sender_that_was_set_back_does_not_make_it_young(here, there, folder, mcastd):
    ahead = Speaker(KEY)
    ahead.sequence += 3600 * 10**6
    recorded = ahead.sign(b"recorded")
    daemon = mcastd(here, knowing(folder, KEY) + ENFORCING)
    pour(there, [recorded], daemon, 0)
    assert counted(daemon) == {"dropped_early": 1}
