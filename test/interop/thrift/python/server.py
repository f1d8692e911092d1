"""python3 server.py PORT VERSION: serves Greeter, framed and not, in THeader and not, binary and compact: whatever a client begins with."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "gen-py"), os.path.join(HERE, "lib")]

from interop import Greeter  # noqa: E402
from interop.ttypes import Refused  # noqa: E402
from thrift.protocol.THeaderProtocol import THeaderProtocolFactory  # noqa: E402
from thrift.server.TServer import TThreadedServer  # noqa: E402
from thrift.TMultiplexedProcessor import TMultiplexedProcessor  # noqa: E402
from thrift.transport.TSocket import TServerSocket  # noqa: E402
from thrift.transport.TTransport import TTransportFactoryBase  # noqa: E402


class Handler:
    def __init__(self, version):
        self.version = version
        self.tokens = set()

    def whoAmI(self):
        return self.version

    def greet(self, name, times):
        return self.version

    def place(self, order):
        return self.version

    def echoOrder(self, order):
        return order

    def echo(self, user, data):
        return self.version.encode() + data

    def fail(self, how):
        if how == "declared":
            raise Refused(42, f"declared by {self.version}")
        raise RuntimeError(f"undeclared by {self.version}")

    def note(self, token):
        self.tokens.add(token)

    def noted(self, token):
        return token in self.tokens

    def internalDump(self):
        return self.version


def main():
    port, version = int(sys.argv[1]), sys.argv[2]
    greeter = Greeter.Processor(Handler(version))
    services = TMultiplexedProcessor()
    services.registerDefault(greeter)
    services.registerProcessor("Canary", greeter)
    socket = TServerSocket("127.0.0.1", port)
    server = TThreadedServer(
        services, socket, TTransportFactoryBase(), THeaderProtocolFactory(allowed_client_types=range(5)), daemon=True
    )
    socket.listen()
    # It listens itself: what it would open again is open.
    socket.listen = lambda: None
    print("READY", flush=True)
    server.serve()


main()
