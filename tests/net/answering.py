"""A program that is asked by mcastctl ping."""
import contextlib
import socket

from background import Background

# From linux/in.h; this Python does not name it.
IP_RECVTTL = 12


@contextlib.contextmanager
def answering(host, answers, group="239.1.1.1", port=5001):
    """It sends answers(question, TTL) back to each question, from the group's port."""
    def step():
        with contextlib.suppress(TimeoutError):
            question, control, _, asker = sock.recvmsg(2048, 64)
            for text in answers(question, int.from_bytes(control[0][2], "little")):
                sock.sendto(text, asker)

    with host.member(group, port) as sock:
        sock.settimeout(0.01)
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        with Background(step):
            yield
