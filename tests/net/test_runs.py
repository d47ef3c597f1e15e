"""Bursts that come as one from the kernel: each datagram in them is dealt with as if it had come alone."""
import re

import pytest

from background import Background
from control import ask_all
from daemon import receiver
from faults import WITHOUT_LEAK_CHECK, FromTheStart, injected, injections
from family import IPV4, both
from interfaces import held
from lan import any_address, eventually
from runs import in_parts, receive_run, send_burst, take_runs
from signing import Key, Signed, Speaker, forged, knowing, of_signatures
from test_faults_load import kernel_drops

FREE = {"HANDLERS": "log, ack", "LOG_RATE": "unlimited", "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited"}
GROUP = "239.1.1.1", 5001
KEY = Key(7)


def endpoint(family):
    return family.group, 5001


def asker(host, family=IPV4):
    return host.udp(any_address(family.group))


def acks(sock, count):
    """So many, each a datagram of its own, and where they came from."""
    answers = [sock.recvfrom(2048) for _ in range(count)]
    assert {answer for answer, _ in answers} == {b"ack"}
    return {source[:2] for _, source in answers}


def peers_of(daemon):
    return {peer["address"]: peer for peer in ask_all(daemon, "peers", "peers", section="mcserver")[0]}


def payloads_of(daemon, address):
    """As they were recorded, in this order."""
    told = re.escape(f"[{address}]" if ":" in address else address)
    return re.findall(rf"^received \d+ bytes from {told}:\d+: (.*)$", daemon.output(), re.M)


def numbers_of(daemon, address):
    return [int(payload[8:14]) for payload in payloads_of(daemon, address)]


def numbered(numbers, length=40):
    return [(b"ATU seq=%06d " % number).ljust(length, b".") for number in numbers]


# --- in ---

@both
def test_bursts_come_as_runs_here(family, here, there, mcastd):
    """What the other tests are about."""
    with family.member(here) as hearer, asker(there, family) as sock:
        take_runs(hearer)
        payloads = [bytes([65 + i]) * 20 for i in range(7)] + [b"x"]
        send_burst(sock, payloads, endpoint(family))
        assert receive_run(hearer) == payloads


# Lengths, in the order in which they are sent: each list at once.
MIXED = [[100] * 64, [100] * 63 + [1], [1] * 64, [0], [1400] * 20, [0, 0], [7], [3, 3, 2, 3, 4, 3, 0, 3], [9], [1200] * 40,
         [1] * 5 + [2] * 5]


@both
def test_each_datagram_is_counted_recorded_and_acknowledged(family, here, there, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, **FREE))
    lengths = [length for burst in MIXED for length in burst]
    with asker(there, family) as sock:
        for burst in MIXED:
            send_burst(sock, [b"y" * length for length in burst], endpoint(family))
            assert acks(sock, len(burst)) == {(family.address(1), 5001)}
        # No more than those.
        send_burst(sock, [b"end"], endpoint(family))
        acks(sock, 1)
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.recv(64)
    count = len(lengths) + 1
    daemon.wait_for_counters("mcserver", received=count, received_bytes=sum(lengths) + 3, recorded=count, acked=count,
                             dropped_kernel=0, acks_failed=0)
    told = re.findall(r"^received (\d+) bytes", daemon.output(), re.M)
    assert list(map(int, told)) == [*lengths, 3]
    assert peers_of(daemon)[family.address(2)]["datagrams"] == count


@both
def test_what_a_burst_lacks_or_has_twice_is_counted_by_its_numbers(family, here, there, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, **FREE))
    numbers = list(range(1000))
    for missing in 1, 63, 64, 65, 200, 500, 998:
        numbers.remove(missing)
    for twice in 0, 62, 300, 999:
        numbers.insert(numbers.index(twice), twice)
    for late in 400, 450:  # taken for lost, until they come
        numbers.remove(late)
        numbers.insert(numbers.index(late + 10), late)
    with asker(there, family) as sock:
        for part in in_parts(numbers, 100):
            send_burst(sock, numbered(part), endpoint(family))
            acks(sock, len(part))
    known = peers_of(daemon)[family.address(2)]
    assert [known[name] for name in ("datagrams", "lost", "duplicates", "reordered", "restarts")] == [
        len(numbers), 7, 4, 2, 0]
    assert numbers_of(daemon, family.address(2)) == numbers


@both
def test_two_at_once_are_told_apart(family, here, there, lan, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, **FREE))

    class Sender:
        def __init__(self, host, length):
            self.sock, self.length, self.sent = asker(host, family), length, 0

        def __call__(self):
            send_burst(self.sock, numbered(range(self.sent, self.sent + 50), self.length), endpoint(family))
            acks(self.sock, 50)
            self.sent += 50

    senders = {2: Sender(there, 30), 3: Sender(lan.host(), 333)}
    with Background(*senders.values()):
        eventually(lambda: all(sender.sent >= 1000 for sender in senders.values()), "both to have sent enough")
    daemon.wait_for_counters("mcserver", received=sum(sender.sent for sender in senders.values()), dropped_kernel=0,
                             received_bytes=sum(sender.sent * sender.length for sender in senders.values()))
    for number, sender in senders.items():
        known = peers_of(daemon)[family.address(number)]
        assert [known[name] for name in ("datagrams", "lost", "duplicates", "reordered")] == [sender.sent, 0, 0, 0]
        assert numbers_of(daemon, family.address(number)) == list(range(sender.sent))
        sender.sock.close()


def test_each_payload_is_told_as_its_own_and_in_order(here, there, mcastd):
    """Of more runs than one, and more datagrams than are dealt with at a time, which wait for the daemon."""
    daemon = mcastd(here, receiver(**FREE | {"HANDLERS": "log"}))
    payloads = [b"p%d" % number + b"-" * (number % 5) for number in range(500)]
    with asker(there) as sock:
        with held(daemon):
            send_burst(sock, payloads, GROUP)
        daemon.wait_for("^received", len(payloads))
    assert payloads_of(daemon, there.address) == [payload.decode() for payload in payloads]


def test_who_is_not_allowed_is_counted_datagram_by_datagram(here, there, lan, mcastd):
    third = lan.host()
    daemon = mcastd(here, receiver(ALLOW=f"{there.address}/32", **FREE))
    with asker(there) as friend, asker(third) as stranger:
        for _ in range(5):
            send_burst(stranger, [b"let me in"] * 60, GROUP)
            send_burst(friend, [b"hello"] * 60, GROUP)
            acks(friend, 60)
    daemon.wait_for_counters("mcserver", received=600, dropped_foreign=300, recorded=300, acked=300, dropped_kernel=0)
    assert list(peers_of(daemon)) == [there.address]


# --- signed ---

def judged(folder, here, mcastd, **keys):
    return mcastd(here, knowing(folder, KEY) + receiver(AUTH="enforce", **FREE | keys))


@pytest.mark.parametrize("spread", ["0s", "20ms"])
def test_each_signature_is_judged_by_itself(spread, here, there, folder, mcastd):
    daemon = judged(folder, here, mcastd, ACK_SPREAD=spread)
    speaker = Speaker(KEY)
    good = [speaker.sign(b"number %02d" % number) for number in range(60)]
    sent = list(good)
    sent[50:50] = [forged(good[50])]
    sent[40:40] = [b"plain" + good[40][5:-10]]
    sent[30:30] = [good[7]]
    sent[7:7] = [forged(good[3])]
    with asker(there) as sock:
        send_burst(sock, sent, GROUP)
        answers = [Signed(sock.recv(2048)) for _ in good]
    tags = [Signed(question).tag for question in good]
    bound_to = [next(tag for tag in tags if answer.is_by(KEY, *GROUP, request=tag)) for answer in answers]
    assert sorted(bound_to) == sorted(tags) and (spread != "0s" or bound_to == tags)
    daemon.wait_for_counters("mcserver", received=64, recorded=60, acked=60)
    assert of_signatures(daemon.counters("mcserver")) == {
        "auth_ok": 60, "dropped_bad_mac": 2, "dropped_replay": 1, "dropped_plain": 1}
    told = re.findall("signed by key 7: number ([0-9]+)$", daemon.output(), re.M)
    assert list(map(int, told)) == list(range(60))


# --- out ---

@pytest.mark.parametrize("rate, total", [("1/s", "unlimited"), ("unlimited", "1/s"), ("none", "unlimited")])
def test_as_many_are_acknowledged_as_of_single_ones(rate, total, here, there, mcastd):
    """What waits for the daemon is dealt with at one moment, however it has come."""
    acked = []
    for send in send_singly, send_burst:
        daemon = mcastd(here, receiver(f"MCSERVER.{send.__name__}", **FREE | {"ACK_RATE": rate, "ACK_TOTAL": total}))
        with asker(there) as sock:
            with held(daemon):
                send(sock, [b"question"] * 64, GROUP)
            daemon.wait_for_counters(f"mcserver.{send.__name__}", received=64)
        counters = daemon.counters(f"mcserver.{send.__name__}")
        suppressed = counters["acks_suppressed_rate"] + counters["acks_suppressed_total"]
        assert counters["acked"] + suppressed == 64
        # One more may leak, which is drawn by lot.
        acked.append(counters["acked"] - counters["acks_leaked"])
        assert daemon.stop() == 0
    assert acked == [0 if rate == "none" else 2] * 2


def send_singly(sock, payloads, to):
    for payload in payloads:
        sock.sendto(payload, to)


@both
def test_acks_that_are_spread_are_one_for_each(family, here, there, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, ACK_SPREAD="20ms", **FREE))
    with asker(there, family) as sock:
        for _ in range(5):
            send_burst(sock, [b"question"] * 64, endpoint(family))
            assert acks(sock, 64) == {(family.address(1), 5001)}
    daemon.wait_for_counters("mcserver", received=320, acked=320, acks_suppressed_spread=0)


@both
def test_whoever_takes_runs_gets_the_acks_of_a_burst_as_one(family, here, there, mcastd):
    mcastd(here, receiver(MCAST_GROUP=family.group, **FREE))
    with asker(there, family) as sock:
        take_runs(sock)
        send_burst(sock, [b"question"] * 50, endpoint(family))
        assert receive_run(sock) == [b"ack"] * 50


@pytest.mark.parametrize("error, again", [("EIO", False), ("EINVAL", False), ("EMSGSIZE", False), ("EOPNOTSUPP", False),
                                          ("EAGAIN", True), ("ENOBUFS", True), ("EPERM", True)])
def test_a_run_that_the_kernel_refuses_goes_one_by_one(error, again, here, there, mcastd):
    """And no other is tried, if it is runs that it refuses."""
    daemon = mcastd(here, receiver(**FREE), **WITHOUT_LEAK_CHECK)
    with asker(there) as sock:
        take_runs(sock)
        with injected(daemon, here, f"sendmmsg:error={error}:when=1") as strace:
            send_burst(sock, [b"question"] * 30, GROUP)
            assert [receive_run(sock) for _ in range(30)] == [[b"ack"]] * 30
            eventually(lambda: injections(strace) == 1, "the first one to be refused")
        send_burst(sock, [b"question"] * 30, GROUP)
        assert receive_run(sock) == [b"ack"] * (30 if again else 1)
    daemon.wait_for_counters("mcserver", received=60, acked=60, acks_failed=0)
    assert not daemon.lines("^cannot acknowledge")


def test_a_kernel_that_knows_no_runs_is_given_none(here, there, folder, mcastd):
    """It would take no notice of the option, and send all acks as one datagram."""
    known = FromTheStart(f"{folder}/trace", "getsockopt:error=ENOPROTOOPT:when=2")
    daemon = mcastd(here, receiver(**FREE), journal=known, **WITHOUT_LEAK_CHECK)
    with open(f"{folder}/trace") as file:
        assert re.search(r"UDP_SEGMENT.*INJECTED", file.read())
    with asker(there) as sock:
        take_runs(sock)
        send_burst(sock, [b"question"] * 30, GROUP)
        assert [receive_run(sock) for _ in range(30)] == [[b"ack"]] * 30
    daemon.wait_for_counters("mcserver", received=30, acked=30)


# --- too many ---

def test_what_the_kernel_drops_is_told_by_the_numbers_to_the_last(here, there, mcastd):
    """The kernel counts a run that it drops as one."""
    daemon = mcastd(here, receiver(RECEIVE_BUFFER="32K", **FREE | {"HANDLERS": "log"}))
    runs, length = 100, 20
    with asker(there) as sock:
        send_burst(sock, numbered([0]), GROUP)
        daemon.wait_for_counters("mcserver", received=1)
        with held(daemon):
            for run in range(runs):
                send_burst(sock, numbered(range(1 + run * length, 1 + (run + 1) * length)), GROUP)
        last = runs * length + 1
        eventually(lambda: is_accounted(daemon, runs, length), "what waited to be read")
        send_burst(sock, numbered([last]), GROUP)
        eventually(lambda: numbers_of(daemon, there.address)[-1] == last, "the last one")
    known, counters = peers_of(daemon)[there.address], daemon.counters("mcserver")
    assert counters["dropped_kernel"] == kernel_drops(here, *GROUP) > 0
    assert known["lost"] == counters["dropped_kernel"] * length
    assert known["lost"] + counters["received"] == last + 1 and known["reordered"] == known["duplicates"] == 0


def is_accounted(daemon, runs, length):
    counters = daemon.counters("mcserver")
    return counters["dropped_kernel"] * length + counters["received"] == runs * length + 1
