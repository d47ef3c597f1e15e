"""The seed's ATU client: each second a new socket, joined on an interface that it does not send by."""
import argparse
import socket
import time
from datetime import datetime

parser = argparse.ArgumentParser()
parser.add_argument("--group", default="239.1.1.1")
parser.add_argument("--port", type=int, default=5001)
parser.add_argument("--address", default="127.0.0.1")
args = parser.parse_args()

print(f"This is the client, make sure its IP address matches {args.address} in settings.")
print(f"This selects which interface is used for multicast to {args.group}.")
print("This script has no error handling, by design")
while True:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP) as sock:
        membership = socket.inet_aton(args.group) + socket.inet_aton(args.address)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        text = f"ATU {datetime.now()}"
        sock.sendto(text.encode("utf-8"), (args.group, args.port))
        print(f"Sent {text} to {args.group}:{args.port}")
        time.sleep(1)
