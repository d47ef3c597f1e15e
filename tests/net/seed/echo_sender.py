"""The seed's echo sender: multicasts one message, then prints every answer until 0.2 s pass without one."""
import argparse
import socket
import struct

parser = argparse.ArgumentParser()
parser.add_argument("--group", default="224.3.29.71")
parser.add_argument("--port", type=int, default=10000)
parser.add_argument("--message", default="very important data")
args = parser.parse_args()

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.settimeout(0.2)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, struct.pack("b", 1))
    print(f'sending "{args.message}"')
    sock.sendto(args.message.encode(), (args.group, args.port))
    while True:
        print("waiting to receive")
        try:
            data, server = sock.recvfrom(16)
        except socket.timeout:
            print("timed out, no more responses")
            break
        print(f'received "{data}" from {server}')
    print("closing socket")
