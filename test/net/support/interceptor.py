"""`python3 interceptor.py OUTBOUND INBOUND [IPv6]`: takes redirected connections as Envoy does, and says where each was to go."""

import json
import socket
import sys
import threading

SO_ORIGINAL_DST = 80


def original_destination(connection):
    if connection.family == socket.AF_INET:
        raw = connection.getsockopt(socket.IPPROTO_IP, SO_ORIGINAL_DST, 16)
        return f"{socket.inet_ntop(socket.AF_INET, raw[4:8])}:{int.from_bytes(raw[2:4], 'big')}"
    raw = connection.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, 28)
    return f"[{socket.inet_ntop(socket.AF_INET6, raw[8:24])}]:{int.from_bytes(raw[2:4], 'big')}"


def serve(listener, name):
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            body = json.dumps({"name": name, "to": original_destination(connection)})
            connection.sendall(f"HTTP/1.0 200 OK\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())


wildcards = [(socket.AF_INET, "0.0.0.0")] + ([(socket.AF_INET6, "::")] if "IPv6" in sys.argv else [])
for direction, port in [("outbound", sys.argv[1]), ("inbound", sys.argv[2])]:
    for family, wildcard in wildcards:
        listener = socket.create_server((wildcard, int(port)), family=family, backlog=64)
        threading.Thread(target=serve, args=(listener, direction)).start()
print("ready", flush=True)
