"""What a receiver takes and refuses, by the signatures of datagrams and its AUTH."""
import tempfile
import time

import pytest

import ctl
from daemon import emitter, receiver
from family import IPV4, IPV6, both
from journal import Journal
from lan import eventually
from signing import ACK, TRAILER, Key, Speaker, forged, knowing, of_signatures

KEY, NEXT, UNKNOWN = Key(7), Key(65535), Key(8)
MODES = "off", "receive-only", "permissive", "enforce"
CHECKING = MODES[1:]
PORTS = dict(zip(MODES, range(5001, 5005)))
modes = pytest.mark.parametrize("mode", MODES)
checking = pytest.mark.parametrize("mode", CHECKING)


def hearing(folder, family=IPV4, modes=MODES, **keys):
    """Receivers that record and acknowledge, one for each mode, on a port of its own."""
    keys = {"MCAST_GROUP": family.group, "HANDLERS": "log, ack"} | keys
    return knowing(folder, KEY, NEXT) + "".join(
        receiver(f"MCSERVER.{mode}", AUTH=mode, PORT=PORTS[mode], **keys) for mode in modes)


def speaker(mode, family=IPV4, key=KEY):
    return Speaker(key, family.group, PORTS[mode])


def ask(host, datagram, mode, family=IPV4):
    """The only answer."""
    (answer, _), = host.ask(datagram, family.group, PORTS[mode])
    return answer


def counted(daemon, mode):
    return of_signatures(daemon.counters(f"mcserver.{mode}"))


# --- what is right ---

@both
@modes
def test_what_is_rightly_signed_is_taken_in_each_mode(mode, family, here, there, folder, mcastd):
    daemon = mcastd(here, hearing(folder, family, [mode]))
    for payload in b"hello", b"", b"\0MCA" * 20, bytes(range(256)):
        ask(there, speaker(mode, family).sign(payload), mode, family)
    assert counted(daemon, mode) == ({} if mode == "off" else {"auth_ok": 4})
    assert len(daemon.lines("^received")) == 4
    assert len(daemon.lines("^received 5 bytes from .*: hello$")) == 1


@checking
def test_the_journal_names_the_key(mode, here, there, folder, mcastd):
    journal = Journal(here, tempfile.mkdtemp(dir=folder))
    mcastd(here, hearing(folder, modes=[mode]), journal=journal)
    ask(there, speaker(mode).sign(b"by one"), mode)
    ask(there, speaker(mode, key=NEXT).sign(b"by the other"), mode)
    if mode != "enforce":
        ask(there, b"by none", mode)
    told = [(record["MESSAGE"].split(": ")[0].split(",")[1:], record.get("MCASTD_KEY"))
            for record in journal.wait_for("^received", 2 if mode == "enforce" else 3)]
    assert told == [([" signed by key 7"], "7"), ([" signed by key 65535"], "65535"), ([], None)][:len(told)]
    journal.vanish()


def test_without_auth_a_signature_is_cut_off_and_not_looked_at(here, there, folder, mcastd):
    daemon = mcastd(here, hearing(folder, modes=["off"]))
    for datagram in forged(speaker("off").sign(b"hello")), UNKNOWN.sign(b"hello", "239.9.9.9", 9, seconds=0):
        assert ask(there, datagram, "off") == b"ack"
    daemon.wait_for("^received 5 bytes from [^ ]+, signed, not checked: hello$", 2)
    assert counted(daemon, "off") == {}


def test_without_auth_what_says_that_it_is_an_ack_is_not_acknowledged(here, there, folder, mcastd):
    daemon = mcastd(here, hearing(folder, modes=["off"]))
    there.send(speaker("off").sign(b"is this an ack?", request=bytes(16)), "239.1.1.1", PORTS["off"])
    daemon.wait_for_counters("mcserver.off", received=1, recorded=1, acked=0, acks_suppressed_ack=1)


def test_without_auth_a_signature_of_another_kind_is_payload(here, there, folder, mcastd):
    daemon = mcastd(here, hearing(folder, modes=["off"]))
    assert ask(there, speaker("off").sign(b"hello", algorithm=2), "off") == b"ack"
    daemon.wait_for(rf"^received {5 + TRAILER} bytes from [^ ]+: hello\\x00MCA")


@both
@modes
def test_what_is_not_signed_is_refused_by_enforce_alone(mode, family, here, there, lan, folder, mcastd):
    friend = lan.host()
    daemon = mcastd(here, hearing(folder, family, [mode]))
    signed = speaker(mode, family).sign(b"")
    # The last ones are nearly signed.
    for payload in b"hello", b"", signed[1:], signed + b"x", signed[:-TRAILER] + b"\0MCB" + signed[4:]:
        there.send(payload, family.group, PORTS[mode])
    ask(friend, speaker(mode, family).sign(b"end"), mode, family)
    count = {"off": {}, "enforce": {"dropped_plain": 5, "auth_ok": 1}}.get(mode, {"auth_plain": 5, "auth_ok": 1})
    assert counted(daemon, mode) == count
    assert len(daemon.lines("^received")) == (1 if mode == "enforce" else 6)
    assert len(daemon.lines("^dropping datagrams: not signed, see AUTH")) == (mode == "enforce")


# --- what is wrong ---

def aged(seconds):
    return lambda s: s.sign(b"evil", seconds=int(time.time()) + seconds)


def of_before(speaker):
    """Signed within the second in which the daemon was started, or before."""
    minute = 60 * 1000000
    return speaker.sign(b"evil", sequence=speaker.sequence - minute, seconds=int(time.time()) - 10)


# How it is made, as what it is counted, and what is said of the first one besides where it is from.
REFUSED = {
    "forged": (lambda s: forged(s.sign(b"evil")), "bad_mac", ", key 7"),
    "with another payload": (lambda s: b"d" + s.sign(b"evil"), "bad_mac", ", key 7"),
    "with another secret": (lambda s: Key(7).sign(b"evil", s.group, s.port), "bad_mac", ", key 7"),
    "in the name of another key": (lambda s: s.sign(b"evil", id=NEXT.id), "bad_mac", ", key 65535"),
    "of another group": (lambda s: KEY.sign(b"evil", "ff15::9" if ":" in s.group else "239.1.1.9", s.port),
                         "bad_mac", ", key 7"),
    "of another port": (lambda s: KEY.sign(b"evil", s.group, s.port + 10), "bad_mac", ", key 7"),
    "of the other family": (lambda s: KEY.sign(b"evil", "239.1.1.1" if ":" in s.group else "ef01:101::", s.port),
                            "bad_mac", ", key 7"),
    "with a key that is not known": (lambda s: UNKNOWN.sign(b"evil", s.group, s.port), "unknown_key", ", key 8"),
    "of another algorithm": (lambda s: s.sign(b"evil", algorithm=2), "malformed", ""),
    "with a flag that means nothing": (lambda s: s.sign(b"evil", flags=2), "malformed", ""),
    "with that flag, as an ack": (lambda s: s.sign(b"evil", request=bytes(16), flags=ACK | 128), "malformed", ""),
    "with key 0": (lambda s: s.sign(b"evil", id=0), "malformed", ""),
    "as an ack": (lambda s: s.sign(b"evil", request=bytes(16)), "malformed", ", key 7"),
    "31 s ago": (aged(-31), "stale", ", key 7, its clock is 3[12] s behind"),
    # As seen from the daemon it may be one less: a second may end on the way.
    "32 s from now": (aged(32), "stale", ", key 7, its clock is 3[12] s ahead"),
    "long ago": (lambda s: s.sign(b"evil", seconds=0), "stale", r", key 7, its clock is \d+ s behind"),
    "before the daemon was started": (of_before, "early", ", key 7"),
}
SAID = {
    "bad_mac": ("wrong signature", "with a wrong signature"),
    "unknown_key": ("signed by a key that is not known", "signed by a key that is not known"),
    "malformed": ("signed in a way that is not known", "signed in a way that is not known"),
    "stale": ("signed more than 30 s from now", "signed more than 30 s from then"),
    "early": ("signed before this daemon could hear them", "that were signed before this daemon could hear them"),
    "replay": ("heard before, or too late to tell", "that were heard before, or too late to tell"),
}


@both
@pytest.mark.parametrize("what", REFUSED)
def test_what_is_signed_wrongly_is_counted_told_once_and_otherwise_ignored(
        what, family, here, there, lan, folder, mcastd):
    make, why, detail = REFUSED[what]
    friend = lan.host()
    daemon = mcastd(here, hearing(folder, family, CHECKING))
    for mode in CHECKING:
        for _ in range(3):
            there.send(make(speaker(mode, family)), family.group, PORTS[mode])
        ask(friend, speaker(mode, family).sign(b"good"), mode, family)
        assert counted(daemon, mode) == {"auth_ok": 1, f"dropped_{why}": 3}
        assert daemon.counters(f"mcserver.{mode}")["acked"] == 1
    assert not daemon.lines("evil")
    assert {line.split()[0] for line in daemon.lines("heard for the first time")} == {family.address(3)}
    assert daemon.stop() == 0
    begins, ended = SAID[why]
    first = rf"\[{family.address(2)}\]" if family is IPV6 else family.address(2)
    assert len(daemon.lines("^dropp")) == 2 * len(CHECKING)
    assert len(daemon.lines(rf"^dropping datagrams: {begins} \(first one from {first}:\d+{detail}\)$")) == len(CHECKING)
    assert len(daemon.lines(f"^dropped datagrams {ended}: 3 in all$")) == len(CHECKING)


@both
def test_what_was_taken_is_refused_when_it_comes_again(family, here, there, lan, folder, mcastd):
    friend = lan.host()
    daemon = mcastd(here, hearing(folder, family, CHECKING))
    for mode in CHECKING:
        datagram = speaker(mode, family).sign(b"once")
        ask(friend, datagram, mode, family)
        for _ in range(3):
            there.send(datagram, family.group, PORTS[mode])
        ask(friend, speaker(mode, family).sign(b"good"), mode, family)
        assert counted(daemon, mode) == {"auth_ok": 2, "dropped_replay": 3}
    assert len(daemon.lines("^received .*: once$")) == len(CHECKING)
    assert daemon.stop() == 0
    begins, ended = SAID["replay"]
    assert len(daemon.lines(rf"^dropping datagrams: {begins} \(first one from .*, key 7\)$")) == len(CHECKING)
    assert len(daemon.lines(f"^dropped datagrams {ended}: 3 in all$")) == len(CHECKING)


@both
@checking
def test_a_capture_of_one_group_is_worth_nothing_in_another(mode, family, here, there, folder, mcastd):
    """Both are heard by one daemon, with the same key."""
    other = receiver("MCSERVER.other", MCAST_GROUP=family.other_group, AUTH=mode, PORT=PORTS[mode])
    daemon = mcastd(here, hearing(folder, family, [mode]) + other)
    datagram = speaker(mode, family).sign(b"hello")
    there.send(datagram, family.group, PORTS[mode])
    there.send(datagram, family.other_group, PORTS[mode])
    daemon.wait_for_counters(f"mcserver.{mode}", auth_ok=1)
    daemon.wait_for_counters("mcserver.other", dropped_bad_mac=1, auth_ok=0)
    assert len(daemon.lines("^received")) == 1


def test_each_other_sender_of_what_is_refused_is_named_once_up_to_eight(here, there, folder, mcastd):
    daemon = mcastd(here, hearing(folder, modes=["enforce"]))
    others = [f"10.0.0.{100 + n}" for n in range(8)]
    there.ip(*(f"addr add {address}/24 dev eth0" for address in others))
    for _ in range(2):
        for address in [there.address, *others]:
            with there.udp(address) as sock:
                sock.sendto(b"not signed", ("239.1.1.1", PORTS["enforce"]))
    daemon.wait_for_counters("mcserver.enforce", dropped_plain=18)
    told = [line.split(" (")[1].split(":")[0] for line in daemon.lines("^dropping datagrams: not signed, see AUTH")]
    assert told == [f"first one from {there.address}", *(f"also from {address}" for address in others[:7])]


def test_who_refuses_all_that_it_hears_is_not_quite_well_until_something_is_right(here, there, folder, mcastd):
    """What it signs itself, and hears, makes no difference."""
    own = emitter(PORT=PORTS["enforce"], KEY=7, INTERVAL="20ms")
    daemon = mcastd(here, hearing(folder, modes=["enforce"]) + own)

    def own_are_let_in():
        before = daemon.counters("mcserver.enforce")["auth_ok"]
        eventually(lambda: daemon.counters("mcserver.enforce")["auth_ok"] > before + 1, "its own messages")
    for refused in range(1, 4):
        assert ctl.ctl(daemon, here, "check").returncode == 0
        there.send(b"not signed", "239.1.1.1", PORTS["enforce"])
        daemon.wait_for_counters("mcserver.enforce", dropped_plain=refused)
        own_are_let_in()
    outcome = ctl.ctl(daemon, here, "check")
    assert (outcome.returncode, outcome.stdout.split(" |")[0]) == (
        1, "mcastd WARNING: 1 receiver refuses all that is heard, see AUTH")
    lines = ctl.printed(daemon, here, "status").splitlines()
    assert lines[0].endswith(", healthy, but 1 receiver refuses all that it hears, see AUTH")
    assert ctl.rows(lines[-2])[0][-1] == "enforce"
    top = ctl.printed(daemon, here, "top -b -n 1").splitlines()
    assert top[2] == "1 receiver refuses all that it hears, see AUTH"
    ask(there, speaker("enforce").sign(b"right"), "enforce")
    assert ctl.ctl(daemon, here, "check").returncode == 0


# --- what is told of a peer whose datagrams are refused ---

# One of each, made of a speaker and of what it has said already.
WHY = {why: lambda speaker, _, make=make: make(speaker) for make, why, _ in REFUSED.values()} | {
    "plain": lambda *_: b"evil", "replay": lambda _, said: said}


def only_peer(daemon, host):
    peer, = ctl.document(daemon, host, "peers")["peers"]
    return peer


@both
@pytest.mark.parametrize("why", WHY)
def test_a_peer_that_is_down_because_it_is_refused_is_told_of_with_why(why, family, here, there, folder, mcastd):
    def config(dead_after):
        return hearing(folder, family, ["enforce"], DEAD_AFTER=dead_after)
    daemon, good = mcastd(here, config("1h")), speaker("enforce", family).sign(b"good")
    ask(there, good, "enforce", family)
    assert only_peer(daemon, here)["refused"] is None
    for _ in range(3):
        there.send(WHY[why](speaker("enforce", family), good), family.group, PORTS["enforce"])
    daemon.wait_for_counters("mcserver.enforce", **{f"dropped_{why}": 3})
    peer = only_peer(daemon, here)
    assert (peer["refused"], peer["state"], peer["datagrams"], peer["key"]) == (why, "new", 1, 7)
    daemon.reload(config("100ms"))
    said, _ = SAID.get(why, ("not signed, see AUTH", ""))
    daemon.wait_for(rf"^{family.address(2)} is down: not heard for [0-9]+\.[0-9] s; "
                    f"what comes from its address is refused: {said}$")
    ask(there, speaker("enforce", family).sign(b"good again"), "enforce", family)
    daemon.wait_for(f"^{family.address(2)} is back after ")
    assert only_peer(daemon, here)["refused"] is None


@modes
def test_a_peer_that_no_longer_signs_is_refused_by_enforce_alone(mode, here, there, folder, mcastd):
    daemon = mcastd(here, hearing(folder, modes=[mode]))
    ask(there, speaker(mode).sign(b"good"), mode)
    there.send(b"not signed", "239.1.1.1", PORTS[mode])
    daemon.wait_for_counters(f"mcserver.{mode}", received=2)
    assert only_peer(daemon, here)["refused"] == ("plain" if mode == "enforce" else None)


def test_that_the_network_brings_something_twice_is_not_told_of_a_peer(here, there, folder, mcastd):
    daemon, datagram = mcastd(here, hearing(folder, modes=["enforce"])), speaker("enforce").sign(b"good")
    ask(there, datagram, "enforce")
    for copies, refused in (1, None), (2, None), (3, "replay"):
        there.send(datagram, "239.1.1.1", PORTS["enforce"])
        daemon.wait_for_counters("mcserver.enforce", dropped_replay=copies)
        assert only_peer(daemon, here)["refused"] == refused


def test_whoever_forges_an_address_is_no_peer_and_changes_nothing_of_one(here, there, lan, folder, mcastd):
    friend = lan.host()
    daemon = mcastd(here, hearing(folder, modes=["enforce"]))
    ask(friend, speaker("enforce").sign(b"good"), "enforce")
    before = only_peer(daemon, here)
    for _ in range(10):
        there.forge(friend.address, 4711, "239.1.1.1", PORTS["enforce"], b"evil")
        there.send(b"evil", "239.1.1.1", PORTS["enforce"])
    daemon.wait_for_counters("mcserver.enforce", dropped_plain=20)
    after = only_peer(daemon, here)
    assert after.pop("silent_s") >= before.pop("silent_s")
    for peer in before, after:
        # Both are told by the wall clock, as of the moment of the answer.
        for moment in "since", "first_heard", "last_heard":
            peer.pop(moment)
    assert after == before | {"refused": "plain"}


# --- the edges of what is right ---

@pytest.mark.parametrize("seconds", [-29, 29, 30])
def test_clocks_may_differ_by_half_a_minute(seconds, here, there, folder, mcastd):
    daemon, known = mcastd(here, hearing(folder, modes=["enforce"])), speaker("enforce")
    ask(there, known.sign(b"hello"), "enforce")
    ask(there, known.sign(b"hello again", seconds=int(time.time()) + seconds), "enforce")
    assert counted(daemon, "enforce") == {"auth_ok": 2}


def test_a_sender_that_was_there_before_is_taken_from_the_next_second_on(here, there, folder, mcastd):
    veteran = speaker("enforce")
    daemon = mcastd(here, hearing(folder, modes=["enforce"]))
    started = int(time.time())
    there.send(veteran.sign(b"too soon", seconds=started - 1), "239.1.1.1", PORTS["enforce"])
    eventually(lambda: int(time.time()) > started, "the next second")
    ask(there, veteran.sign(b"hello"), "enforce")
    assert counted(daemon, "enforce") == {"dropped_early": 1, "auth_ok": 1}


def test_a_sender_that_starts_later_is_taken_at_once(here, there, folder, mcastd):
    daemon = mcastd(here, hearing(folder, modes=["enforce"]))
    ask(there, speaker("enforce").sign(b"hello"), "enforce")
    assert counted(daemon, "enforce") == {"auth_ok": 1}


def test_sections_remember_each_for_itself(here, there, folder, mcastd):
    """One group and port, on two links: what one has taken is news to the other."""
    daemon = mcastd(here, hearing(folder, modes=["enforce"]) +
                    receiver("MCSERVER.lo", AUTH="enforce", PORT=PORTS["enforce"], INTERFACE="lo"))
    datagram = speaker("enforce").sign(b"hello")
    ask(there, datagram, "enforce")
    with IPV4.sender(here, "lo") as sock:
        sock.sendto(datagram, (IPV4.group, PORTS["enforce"]))
    daemon.wait_for_counters("mcserver.lo", auth_ok=1, dropped_replay=0)
