"""A network that loses, doubles, delays, mixes up and spoils: what is taken is what a model of the receiver takes.

The model is given what the relay has let through, in that order: the counts must be the same, to the last."""
import itertools
import os
import re
import time
from collections import Counter

import pytest

from daemon import receiver
from family import IPV4, IPV6
from figures import report
from lan import in_order
from relay import Chances, Relay
from signing import TRAILER, Key, Signed, Speaker, knowing, of_signatures
from test_peers import BACK, DOWN, UP, peers_of

KEY = Key(7)
GROUP, PORT = "239.1.1.1", 5001
WINDOW = 1024
# At once. The kernel's own queues, which are for all namespaces, hold a thousand.
QUEUE = 100
ROOM = {"RECEIVE_BUFFER": "2M", "LOG_RATE": "none"}
ENFORCING = receiver(AUTH="enforce", **ROOM)


def pour(host, relay, datagrams, daemon):
    """In this order, and so that no queue overflows. Returns when the daemon has had all that came through."""
    datagrams, taken = iter(datagrams), relay.taken
    with host.udp() as sock, in_order():
        while some := list(itertools.islice(datagrams, QUEUE)):
            for datagram in some:
                sock.sendto(datagram, (GROUP, PORT))
            taken += len(some)
            relay.wait_for_taken(taken)
            daemon.wait_for_counters("mcserver", received=relay.arrived)
    while relay.waiting:
        relay.release(QUEUE)
        daemon.wait_for_counters("mcserver", received=relay.arrived)


def replay(relay, deliveries, daemon):
    before = daemon.counters("mcserver")["received"]
    for start in range(0, len(deliveries), QUEUE):
        relay.replay(deliveries[start:start + QUEUE])
        daemon.wait_for_counters("mcserver", received=before + min(start + QUEUE, len(deliveries)))


def counted(daemon):
    counters = daemon.counters("mcserver")
    assert "dropped_kernel" not in counters
    return of_signatures(counters)


class Taken:
    """What a receiver takes of a sender: each number once, and none that is too far behind the highest."""

    def __init__(self):
        self._seen, self._highest = set(), 0

    def takes(self, number):
        if number in self._seen or number < self._highest - WINDOW:
            return False
        self._seen.add(number)
        self._highest = max(self._highest, number)
        return True


def expected(deliveries):
    """The counters, by the model."""
    model = Taken()
    taken = sum(model.takes(Signed(delivery.payload).sequence) for delivery in deliveries)
    refused = len(deliveries) - taken
    return {"auth_ok": taken} | ({"dropped_replay": refused} if refused else {})


# --- signed ---

# What the network does to 10,000 datagrams, and whether some of it is refused.
NETWORKS = {
    "loses 30 %": ({"loss": 0.3}, False),
    "doubles 50 %": ({"duplicate": 0.5}, True),
    "lets 500 overtake": ({"late": 0.3, "depth": 500}, False),
    "lets 1100 overtake": ({"late": 0.3, "depth": 1100}, True),
    "does all of it": ({"loss": 0.1, "duplicate": 0.2, "late": 0.3, "depth": 2000}, True),
}


@pytest.mark.parametrize("network", NETWORKS, ids=[name.replace(" ", "-") for name in NETWORKS])
def test_of_what_comes_through_is_taken_what_a_model_takes(network, here, there, lan, folder, mcastd):
    chances, some_is_refused = NETWORKS[network]
    daemon = mcastd(here, knowing(folder, KEY) + ENFORCING)
    speaker = Speaker(KEY)
    with Relay(lan, there, seed=network, **chances) as relay:
        pour(there, relay, [speaker.sign(b"number %d" % number) for number in range(10000)], daemon)
        model, counters = expected(relay.delivered), counted(daemon)
        report(f"a network that {network}: 10000 sent, {len(relay.delivered)} delivered, {counters}")
        assert counters == model
        assert ("dropped_replay" in counters) == some_is_refused
        distinct = {delivery.payload for delivery in relay.delivered}
        assert relay.taken == 10000 and (counters["auth_ok"] == len(distinct) or chances.get("depth", 0) > WINDOW)


def test_of_a_long_record_nothing_is_taken_again_by_this_daemon_or_the_next(here, there, lan, folder, mcastd):
    daemon = mcastd(here, knowing(folder, KEY) + ENFORCING)
    speaker = Speaker(KEY)
    with Relay(lan, there) as relay:
        pour(there, relay, [speaker.sign(b"number %d" % number) for number in range(5000)], daemon)
        record = list(relay.delivered)
        replay(relay, record, daemon)
        assert counted(daemon) == {"auth_ok": 5000, "dropped_replay": 5000}
        assert daemon.stop() == 0
        following = mcastd(here, knowing(folder, KEY) + ENFORCING)
        replay(relay, record, following)
        assert counted(following) == {"dropped_early": 5000}


# The kernel looks at once at the checksum of what is short; the rest it counts at the socket.
@pytest.mark.parametrize("size, at_the_socket", [(10, 0), (500, 1000)], ids=["short", "long"])
def test_what_the_network_has_spoiled_is_never_taken(size, at_the_socket, here, there, lan, folder, mcastd):
    """Of each, one bit; for half of them the checksum of UDP is right all the same."""
    daemon = mcastd(here, knowing(folder, KEY) + ENFORCING)
    speaker = Speaker(KEY)
    with Relay(lan, there, seed=4, corrupt=1) as relay:
        pour(there, relay, [speaker.sign(b"x" * size) for _ in range(2000)], daemon)
        relay.chances = Chances()
        pour(there, relay, [speaker.sign(b"whole")], daemon)
    daemon.wait_for_counters("mcserver", received=1001, dropped_kernel=at_the_socket)
    refused = of_signatures(daemon.counters("mcserver"))
    report(f"2000 of {size} bytes, each with a wrong bit: {refused}, refused by the kernel: {checksums_wrong(here)}")
    assert refused.pop("auth_ok") == 1
    assert sum(refused.values()) == checksums_wrong(here) == 1000


def checksums_wrong(host):
    names, values = [line.split() for line in host.read("/proc/net/snmp").splitlines() if line.startswith("Udp: ")]
    return int(values[names.index("InCsumErrors")])


@pytest.mark.parametrize("delays, counter", [((0, 1, 2), "auth_ok"), ((40, 41, 42), "dropped_stale")],
                         ids=["up-to-2-s", "from-40-s"])
def test_what_is_on_the_way_for_long_is_taken_within_30_seconds(delays, counter, here, there, lan, folder, mcastd):
    """Nobody waits for it: it says that it was signed so long ago. It comes in any order."""
    daemon = mcastd(here, knowing(folder, KEY) + ENFORCING)
    speaker = Speaker(KEY)
    with Relay(lan, there, seed=5) as relay:
        # What others say for the first time must have been signed since the daemon has heard.
        pour(there, relay, [speaker.sign(b"first")], daemon)
        relay.holding = True
        stamps = [int(time.time()) - delay for delay in itertools.islice(itertools.cycle(delays), 1000)]
        pour(there, relay, [speaker.sign(b"late", seconds=stamp) for stamp in stamps], daemon)
        order = [Signed(delivery.payload).sequence for delivery in relay.delivered]
        assert order != sorted(order)
    assert counted(daemon) == Counter({"auth_ok": 1}) + Counter({counter: 1000})


# --- not signed ---

class Told:
    """What a peer's numbers tell."""

    def __init__(self):
        self._seen, self._first, self._highest, self.reordered, self.duplicates = set(), None, None, 0, 0

    def note(self, number):
        if self._first is None:
            self._first = self._highest = number
        if number > self._highest or not self._seen:
            self._highest = number
        elif number < self._first or number in self._seen:
            self.duplicates += 1
        else:
            self.reordered += 1
        if number >= self._first:
            self._seen.add(number)

    @property
    def lost(self):
        return self._highest - self._first + 1 - len(self._seen)


MESSAGES = {"doubled": {"duplicate": 0.5}, "lost": {"loss": 0.3},
            "all of it": {"loss": 0.1, "duplicate": 0.3, "late": 0.3, "depth": 40}}


@pytest.mark.parametrize("chances", MESSAGES.values(), ids=[name.replace(" ", "-") for name in MESSAGES])
def test_what_a_peers_numbers_tell_is_what_became_of_its_messages(chances, here, there, lan, mcastd):
    daemon = mcastd(here, receiver(**ROOM))
    with Relay(lan, there, seed=2, **chances) as relay:
        pour(there, relay, [b"ATU seq=%d boot=%016x" % (number, 7) for number in range(1, 5001)], daemon)
        model = Told()
        for delivery in relay.delivered:
            model.note(int(re.search(rb"seq=(\d+)", delivery.payload)[1]))
        known, = peers_of(daemon).values()
        told = {name: known[name] for name in ("lost", "reordered", "duplicates")}
        report(f"{chances}: 5000 sent, {len(relay.delivered)} delivered, {told}")
        assert told == {"lost": model.lost, "reordered": model.reordered, "duplicates": model.duplicates}
        assert known["datagrams"] == daemon.counters("mcserver")["received"] == len(relay.delivered)


@pytest.mark.parametrize("loss, beats, downs", [(0.3, 100, 2), (0.03, 1000, 0)])
def test_a_peer_is_down_when_three_in_a_row_were_lost_and_only_then(loss, beats, downs, here, there, lan, mcastd):
    """Time passes only where three were lost: as much as three messages take that come every third of DEAD_AFTER."""
    daemon = mcastd(here, receiver(DEAD_AFTER="1s", **ROOM))
    with Relay(lan, there, seed=10, loss=loss) as relay, there.udp(there.address) as sock:
        in_row, told, pauses, heard = 0, 0, 0, time.monotonic()
        for beat in range(beats):
            began, before = time.monotonic(), len(relay.delivered)
            sock.sendto(b"ATU seq=%d" % beat, (GROUP, PORT))
            relay.wait_for_taken(beat + 1)
            if len(relay.delivered) > before:
                # The machine may have stood still: that is a silence, too.
                pauses += in_row < 3 and time.monotonic() - heard >= 1
                in_row, heard = 0, began
                continue
            in_row += 1
            if in_row == 3:
                told += 1
                daemon.wait_for(DOWN, told)
        daemon.wait_for_counters("mcserver", received=len(relay.delivered))
        ups, down, back = (len(daemon.lines(what)) for what in (UP, DOWN, BACK))
        pauses += time.monotonic() - heard >= 1
    report(f"{beats} messages, {loss:.0%} lost: {down} times down, {back} times back; {pauses} pauses of the machine")
    assert told == downs and ups == 1
    assert downs <= down <= downs + pauses and down - (pauses > 0) <= back <= down


# --- in fragments ---

LIMIT = 9216
FRAGMENTED = {"IPv4, 1280": (IPV4, 1280), "IPv4, 576": (IPV4, 576), "IPv6, 1280": (IPV6, 1280)}


@pytest.fixture(params=FRAGMENTED.values(), ids=[name.replace(", ", "-") for name in FRAGMENTED])
def fragmented(request, here, there, lan, folder, mcastd):
    """A daemon, and how datagrams get to it."""
    family, mtu = request.param
    there.ip(f"link set eth0 mtu {mtu}")
    daemon = mcastd(here, knowing(folder, KEY) + receiver(MCAST_GROUP=family.group, AUTH="enforce", **ROOM))
    return Fragmented(family, mtu, there, lan, daemon)


class Fragmented:
    def __init__(self, family, mtu, host, lan, daemon):
        self.mtu, self.lan, self.host, self.daemon, self.group = mtu, lan, host, daemon, family.group
        self.header = (20 if family is IPV4 else 40) + 8
        self._sock, self._speaker, self.sent = family.sender(host), Speaker(KEY, group=family.group), []

    def send(self, size, relay):
        """A datagram of this size. Returns how many fragments it took, as soon as the relay has had them."""
        taken = relay.taken
        self.sent.append(self._speaker.sign(os.urandom(size - TRAILER)))
        with in_order():
            self._sock.sendto(self.sent[-1], (self.group, PORT))
            relay.wait_for_taken(taken + self.fragments_of(size))
        return relay.taken - taken

    def fragments_of(self, size):
        """All but the last one carry a multiple of eight bytes."""
        if size + self.header <= self.mtu:
            return 1
        room = (self.mtu - self.header + 8 - (8 if self.header == 48 else 0)) // 8 * 8
        return -(-(size + 8) // room)


@pytest.mark.parametrize("order", ["in order", "mixed up", "doubled"], ids=["in-order", "mixed-up", "doubled"])
def test_what_comes_in_fragments_is_taken_whole(order, fragmented, lan, there):
    edge = fragmented.mtu - fragmented.header
    sizes = [TRAILER, edge - 1, edge, edge + 1, 2 * edge, 4000, LIMIT - 1, LIMIT]
    with Relay(lan, there, seed=13, group=fragmented.group, duplicate=1 if order == "doubled" else 0) as relay:
        for size in sizes:
            relay.holding = order == "mixed up"
            fragmented.send(size, relay)
            relay.release()
            # Of a datagram that is doubled as a whole there are two.
            fragmented.daemon.wait_for_counters("mcserver", auth_ok=len(fragmented.sent))
        assert relay.taken == sum(map(fragmented.fragments_of, sizes)) > 2 * len(sizes)
    counters = fragmented.daemon.counters("mcserver")
    twice = [size for size in sizes if order == "doubled" and fragmented.fragments_of(size) == 1]
    assert of_signatures(counters) == {"auth_ok": len(sizes)} | ({"dropped_replay": len(twice)} if twice else {})
    assert counters["received_bytes"] == sum(sizes) + sum(twice)


def test_where_a_fragment_is_missing_that_datagram_is_and_no_other(fragmented, here, lan, there):
    # How long the kernel waits for the rest, in seconds: longer than any machine stands still.
    for which in "ipv4/ip", "ipv6/ip6":
        here.write(f"/proc/sys/net/{which}frag_time", "600")
    with Relay(lan, there, group=fragmented.group) as relay:
        count = fragmented.fragments_of(LIMIT)
        for missing in range(count):
            relay.lose = {relay.taken + missing}
            assert fragmented.send(LIMIT, relay) == count
            fragmented.send(2000, relay)
        fragmented.daemon.wait_for_counters("mcserver", received=count)
        assert incomplete(here, fragmented.group) == count
    counters = fragmented.daemon.counters("mcserver")
    assert of_signatures(counters) == {"auth_ok": count}
    assert counters["received_bytes"] == 2000 * count
    assert not [name for name in counters if name.startswith("dropped_") or name.endswith("_errors")]


def incomplete(host, group):
    """How many datagrams of that family wait for more fragments."""
    told = host.read("/proc/net/sockstat6" if ":" in group else "/proc/net/sockstat")
    return int(re.search(r"^FRAG6?: inuse (\d+) ", told, re.M)[1])
