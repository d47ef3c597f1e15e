"""A relay in the cable of a host: what that sends to a group goes on as in a bad network, by chance, from a seed.

It has a namespace of its own, with the host's cable on the one side and one of its own to the bridge on the other.
"""
import contextlib
import heapq
import itertools
import random
import select
import socket
import struct
import threading
from typing import NamedTuple

from background import Background
from lan import ETH_P_IP, ETH_P_IPV6, SOL_PACKET, Namespace, eventually, in_order

ETH_P_ALL = 3
PACKET_STATISTICS, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 6, 15, 23
# struct virtio_net_hdr: flags, kind and sizes of segments, where the checksum starts, and its place from there. The
# kernel leaves it to the device to compute the checksum of UDP; so what we get has none yet.
OFFLOAD, NEEDS_CHECKSUM = struct.Struct("=BBHHHH"), 1
NOTHING = OFFLOAD.pack(0, 0, 0, 0, 0, 0)
ETHERNET, UDP = 14, 8
BUFFER = 4 << 20


class Chances(NamedTuple):
    """What becomes of a frame."""
    loss: float = 0
    duplicate: float = 0
    late: float = 0        # to be overtaken by others,
    depth: int = 0         # at most by so many
    corrupt: float = 0     # to have another bit in its payload; every other one with a checksum that fits


class Delivery(NamedTuple):
    frame: bytes
    payload: bytes         # of a datagram that is whole
    is_right: bool         # its checksum is


class Relay(Namespace):
    """From when this is made until the end of `with Relay(lan, there, seed=1, loss=0.3) as relay`.

    `taken` frames to the group came from the host, and `delivered` went on, in this order. Of those in `lose`, by
    their number, none goes on; while it is `holding`, none does until release()."""

    def __init__(self, lan, host, seed=0, group="239.1.1.1", **chances):
        super().__init__()
        self.chances, self._random = Chances(**chances), random.Random(seed)
        self._target = socket.inet_pton(socket.AF_INET6 if ":" in group else socket.AF_INET, group)
        self.taken, self.delivered, self.lose, self.holding = 0, [], set(), False
        self._waiting, self._corrupted = [], itertools.count()
        self._lock, self._relaying, self._socks = threading.RLock(), Background(self._relay), []
        with contextlib.ExitStack() as stack:
            stack.callback(self.close)
            self._lay(lan, host)
            stack.callback(self._assert_no_overruns)
            stack.enter_context(self._relaying)
            lan.wait_for_link(host, "eth0")
            self._stack = stack.pop_all()

    def _lay(self, lan, host):
        """The cable, in two parts."""
        port = f"port{host.address.rpartition('.')[2]}"
        lan.ip(f"link set {port} nomaster netns {self.path}")
        self.ip(f"link add near index 5000 type veth peer name {port}r index 6000 netns {lan.path}", "link set near up",
                f"link set {port} up")
        lan.ip(f"link set {port}r up master br0")
        self._far, self._near = self._packets(port), self._packets("near")

    def _packets(self, device):
        with self.entered():
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self._socks.append(sock)
            sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
            sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            sock.bind((device, ETH_P_ALL))
        return sock

    def _assert_no_overruns(self):
        overruns = [overruns_of(sock) for sock in self._socks]
        assert overruns == [0, 0], f"overruns {overruns}"

    def close(self):
        """But not under a thread that does not end: that would go on with whatever gets the same descriptors next."""
        if not self._relaying.is_alive():
            for sock in self._socks:
                sock.close()
            super().close()

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        return self._stack.__exit__(*raised)

    # --- what the test sees ---

    @property
    def arrived(self):
        """How many of those that went on the kernel of the other side will not refuse."""
        return sum(delivery.is_right for delivery in self.delivered)

    def wait_for_taken(self, count):
        eventually(lambda: self.taken >= count, lambda: f"{count} frames, not {self.taken}")

    def release(self, count=None):
        """Lets go what waits, or some of it: what was held in any order, what is late in that of its time."""
        with self._lock, in_order():
            if self.holding:
                self._random.shuffle(self._waiting)
            else:
                self._waiting.sort()
            some, self._waiting = self._waiting[:count], self._waiting[count or len(self._waiting):]
            for *_, entry in some:
                self._deliver(*entry)

    def replay(self, deliveries):
        """Once more."""
        with self._lock, in_order():
            for delivery in deliveries:
                self._near.send(NOTHING + delivery.frame)

    @property
    def waiting(self):
        return len(self._waiting)

    # --- what it does ---

    def _relay(self):
        with in_order():
            for sock in select.select(self._socks, [], [], 0.1)[0]:
                packet = sock.recv(1 << 17)
                if sock is self._far and self._is_to_group(packet[OFFLOAD.size:]):
                    with self._lock:
                        self._take(packet)
                else:
                    (self._near if sock is self._far else self._far).send(packet)

    def _is_to_group(self, frame):
        """UDP, or a fragment of it."""
        kind, = struct.unpack_from("!H", frame, 12)
        if kind == ETH_P_IP and len(self._target) == 4:
            return frame[ETHERNET + 16:ETHERNET + 20] == self._target and frame[ETHERNET + 9] == socket.IPPROTO_UDP
        return (kind == ETH_P_IPV6 and frame[ETHERNET + 24:ETHERNET + 40] == self._target and
                frame[ETHERNET + 6] in (socket.IPPROTO_UDP, socket.IPPROTO_FRAGMENT))

    def _take(self, packet):
        """The chances are drawn in the same order for each frame, whatever becomes of it."""
        lost, twice, late, corrupt, behind, bit = (self._random.random() for _ in range(6))
        number, chances = self.taken, self.chances
        if number not in self.lose and lost >= chances.loss:
            entry = packet, bit if corrupt < chances.corrupt else None
            for _ in range(2 if twice < chances.duplicate else 1):
                if self.holding:
                    self._waiting.append((number, len(self._waiting), entry))
                elif late < chances.late:
                    until = number + 1 + int(behind * chances.depth)
                    heapq.heappush(self._waiting, (until, number, len(self._waiting), entry))
                else:
                    self._deliver(*entry)
        while self._waiting and not self.holding and self._waiting[0][0] <= number:
            *_, entry = heapq.heappop(self._waiting)
            self._deliver(*entry)
        self.taken += 1

    def _deliver(self, packet, bit):
        flags, _, _, _, start, place = OFFLOAD.unpack_from(packet)
        frame, is_right = bytearray(packet[OFFLOAD.size:]), True
        payload = start + UDP if flags & NEEDS_CHECKSUM else len(frame)
        if bit is None:
            complete(frame, flags, start, place)
        else:
            assert flags & NEEDS_CHECKSUM
            is_right = next(self._corrupted) % 2 == 0
            if not is_right:
                complete(frame, flags, start, place)
            flip(frame, 8 * payload + int(bit * 8 * (len(frame) - payload)))
            if is_right:
                complete(frame, flags, start, place)
        self._near.send(NOTHING + frame)
        self.delivered.append(Delivery(bytes(frame), bytes(frame[payload:]), is_right))


def overruns_of(sock):
    """How many frames it had no room for."""
    return struct.unpack("II", sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]


def complete(frame, flags, start, place):
    """Writes the checksum where it is left to the device: what stands there is a part of it."""
    if flags & NEEDS_CHECKSUM:
        body = bytes(frame[start:]) + bytes(len(frame) - start & 1)
        total = sum(struct.unpack(f"!{len(body) // 2}H", body))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        struct.pack_into("!H", frame, start + place, ~total & 0xFFFF or 0xFFFF)


def flip(frame, bit):
    frame[bit // 8] ^= 1 << bit % 8
