"""Bursts that the kernel takes, carries and delivers as one: runs of datagrams."""
import itertools
import socket
import struct

from lan import in_order

SOL_UDP, UDP_SEGMENT, UDP_GRO = 17, 103, 104
LONGEST = 64  # in datagrams


def send_burst(sock, payloads, to):
    """As few runs as can be: in each, all but the last one have one length. An empty datagram goes by itself. They arrive
    in their order, and behind those of a burst before."""
    with in_order():
        for run in runs_of(payloads):
            send_run(sock, run, to)


def send_run(sock, run, to):
    if len(run) == 1:
        sock.sendto(run[0], to)
    else:
        sock.sendmsg([b"".join(run)], [(SOL_UDP, UDP_SEGMENT, struct.pack("=H", len(run[0])))], 0, to)


def runs_of(payloads):
    runs = []
    for payload in payloads:
        if runs and continues(runs[-1], payload):
            runs[-1].append(payload)
        else:
            runs.append([payload])
    return runs


def continues(run, payload):
    return len(run) < LONGEST and len(run[-1]) == len(run[0]) >= len(payload) > 0


def in_parts(items, most):
    items = iter(items)
    return iter(lambda: list(itertools.islice(items, most)), [])


def take_runs(sock):
    sock.setsockopt(SOL_UDP, UDP_GRO, 1)
    return sock


def receive_run(sock):
    """The datagrams of the next run, or the only one."""
    data, told, _, _ = sock.recvmsg(65536, socket.CMSG_SPACE(4))
    segment = struct.unpack("=i", told[0][2])[0] if told else len(data)
    return [data[at:at + segment] for at in range(0, len(data), segment)] or [b""]
