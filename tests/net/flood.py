"""More datagrams than anybody can handle, from sources that do not exist."""
import ctypes
import os
import random
import socket
import struct
import time

from lan import eventually

BATCH = 500  # the kernel's own queues hold a thousand
PAYLOAD = b"flood"

_libc = ctypes.CDLL(None, use_errno=True)


class _Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class _Message(ctypes.Structure):
    """struct mmsghdr."""
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint32), ("iov", ctypes.POINTER(_Iovec)),
                ("iovlen", ctypes.c_size_t), ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int), ("len", ctypes.c_uint)]


class Flood:
    """Sends from one host to another, which must hear the group; both must have nothing else to do. As the sources
    are not known there, it must not care for the way back."""

    SOURCE_PORT = 4711

    def __init__(self, sender, hearer, group="239.1.1.1", port=5001):
        self._hearer, self.sent = hearer, 0
        self._local = "%s:%04X" % (socket.inet_aton(group)[::-1].hex().upper(), port)
        for device in "all", "eth0":
            hearer.write(f"/proc/sys/net/ipv4/conf/{device}/rp_filter", "0")
        with sender.entered():
            self._sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._sock.connect((group, 0))
        length = 8 + len(PAYLOAD)
        # The kernel fills in the checksum of the header. That of UDP may be missing.
        self._head = ctypes.create_string_buffer(
            struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 1, socket.IPPROTO_UDP, 0), 12)
        self._tail = ctypes.create_string_buffer(
            socket.inet_aton(group) + struct.pack("!HHHH", self.SOURCE_PORT, port, length, 0) + PAYLOAD)
        self._sources = ctypes.create_string_buffer(4 * BATCH)
        self._batch = self._make_batch(4 + length)

    def _make_batch(self, tail):
        """Each message gathers its source from where the others have not theirs, and all else is the same."""
        self._iovecs = (_Iovec * 3 * BATCH)()
        batch = (_Message * BATCH)()
        for i, message in enumerate(batch):
            parts = self._iovecs[i]
            parts[0] = _Iovec(ctypes.addressof(self._head), 12)
            parts[1] = _Iovec(ctypes.addressof(self._sources) + 4 * i, 4)
            parts[2] = _Iovec(ctypes.addressof(self._tail), tail)
            message.iov, message.iovlen = parts, 3
        return batch

    def send(self, sources):
        """One datagram from each of them, at most BATCH, as packed addresses in a row. Returns when the kernel
        of the hearer has had them all."""
        count = len(sources) // 4
        before = self._arrived()
        ctypes.memmove(self._sources, sources, len(sources))
        done = 0
        while done < count:
            n = _libc.sendmmsg(self._sock.fileno(), ctypes.byref(self._batch[done]), count - done, 0)
            if n < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            done += n
        self.sent += count
        eventually(lambda: self._arrived() - before >= count, "the datagrams to arrive")

    def pour(self, sources, count, per_second):
        """So many from these sources, at this rate, or as fast as the daemon reads them: none is lost. Returns how long
        that took."""
        began, rounds = time.monotonic(), count // (len(sources) // 4)
        for number in range(1, rounds + 1):
            self.send(sources)
            eventually(self.is_read, "the datagrams to be read")
            time.sleep(max(0, began + number * count / rounds / per_second - time.monotonic()))
        return time.monotonic() - began

    def is_read(self):
        """Nothing waits for the daemon."""
        line, = [line for line in self._hearer.read("/proc/net/udp").splitlines() if f" {self._local} " in line]
        return line.split()[4].endswith(":00000000")

    def _arrived(self):
        names, values = [line.split() for line in self._hearer.read("/proc/net/snmp").splitlines()[:2]]
        return int(values[names.index("InReceives")])

    def close(self):
        self._sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def packed(network, count):
    """So many addresses of 10.0.0.0/8 or another network that is named by its first number."""
    return b"".join(struct.pack("!I", (network << 24) + 1 + i) for i in range(count))


def strangers(count):
    """Any addresses of 11.0.0.0/8."""
    drawn = bytearray(random.randbytes(4 * count))
    drawn[::4] = bytes([11]) * count
    return bytes(drawn)
