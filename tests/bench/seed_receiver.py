"""The loop of the seed's receivers for a group on lo: of tests/net/seed/acking_receiver.py (-a) and printing_server.py.

They print some lines for each datagram; this prints nothing and asks for a larger buffer, as the others do."""
import socket
import sys

acks = sys.argv[1] == "-a"
group, port = sys.argv[-2:]

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.bind(("", int(port)))
    membership = socket.inet_aton(group) + socket.inet_aton("127.0.0.1")
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    print("ready", flush=True)
    while acks:
        data, address = sock.recvfrom(1024)
        sock.sendto(b"ack", address)
    while True:
        data, address = sock.recvfrom(1024)
