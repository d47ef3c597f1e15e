"""A journal of our own: the socket that journald would have, which can also be left unread for a while."""
import contextlib
import os
import re
import socket
import struct

from background import Background
from lan import eventually

IN_A_MOUNT_NAMESPACE = ('mount --bind "$0" /run && '
                        'JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) exec "$@"')
QUEUE = 256


class Journal:
    """Reads all the time from a thread of its own, but for the time between stall() and resume()."""

    def __init__(self, namespace, folder, queue=QUEUE):
        self.namespace, self.folder, self.records = namespace, folder, []
        os.makedirs(f"{folder}/systemd/journal")
        # How many records may wait. A new socket takes the namespace's value.
        namespace.write("/proc/sys/net/unix/max_dgram_qlen", str(queue))
        self.appear()

    def appear(self):
        with self.namespace.entered():
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(0.01)
        self._socket.bind(f"{self.folder}/systemd/journal/socket")
        self.resume()

    def vanish(self):
        self.stall()
        self._socket.close()
        os.unlink(f"{self.folder}/systemd/journal/socket")

    def wrap(self, command):
        return ["unshare", "--mount", "sh", "-c", IN_A_MOUNT_NAMESPACE, self.folder, *command]

    def resume(self):
        """Reads all that waits, and goes on reading."""
        with contextlib.suppress(TimeoutError):
            while True:
                self._read_one()
        self._go_on()

    def _go_on(self):
        self._reader = Background(self._read).start()

    def stall(self):
        self._reader.end()

    def _read(self):
        with contextlib.suppress(TimeoutError):
            self._read_one()

    def _read_one(self):
        self.records.append(parse(self._socket.recv(1 << 20)))

    def messages(self, pattern=""):
        return [record for record in self.records if re.search(pattern, record["MESSAGE"])]

    def wait_for(self, pattern, count=1):
        def enough():
            found = self.messages(pattern)
            return found if len(found) >= count else None
        return eventually(enough, lambda: f"{count} of /{pattern}/ in the journal: {self.messages()[-10:]}")


def parse(raw):
    """The native protocol: NAME=value lines, or NAME, a length and the value, for a value of any bytes."""
    fields = {}
    while raw:
        line, _, rest = raw.partition(b"\n")
        if b"=" in line:
            name, _, value = line.partition(b"=")
        else:
            name, (size,) = line, struct.unpack_from("<Q", rest)
            value, rest = rest[8:8 + size], rest[8 + size + 1:]
        fields[name.decode("ascii")] = value.decode("latin-1")
        raw = rest
    return fields
