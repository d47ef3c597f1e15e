"""The seed's acking receiver: joins on INADDR_ANY, shares its port with nobody, says ack to all it hears."""
import argparse
import socket
import struct

parser = argparse.ArgumentParser()
parser.add_argument("--group", default="224.3.29.71")
parser.add_argument("--port", type=int, default=10000)
args = parser.parse_args()

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("", args.port))
membership = struct.pack("4sL", socket.inet_aton(args.group), socket.INADDR_ANY)
sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
while True:
    print("\nwaiting to receive message")
    data, address = sock.recvfrom(1024)
    print(f"received {len(data)} bytes from {address}")
    print(data)
    print("sending acknowledgement to", address)
    sock.sendto(b"ack", address)
