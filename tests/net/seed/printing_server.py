"""The seed's printing server: binds all addresses, joins on one interface, prints all it hears."""
import argparse
import socket

parser = argparse.ArgumentParser()
parser.add_argument("--group", default="239.1.1.1")
parser.add_argument("--port", type=int, default=5001)
parser.add_argument("--address", default="127.0.0.1")
args = parser.parse_args()

print("This is the server.")
print(f"Make sure its IP address matches {args.address} in settings.")
print(f"This selects which interface is used to listen for multicast as {args.group}.")
print("This script has no error handling, by design.")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.bind(("", args.port))
    membership = socket.inet_aton(args.group) + socket.inet_aton(args.address)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    while True:
        print("Waiting to receive message")
        data, address = sock.recvfrom(1024)
        print(f"received {len(data)} bytes from {address}")
        print(data)
