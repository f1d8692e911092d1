"""python3 client.py ADDRESS DIALECT,…: calls Greeter in each of them, on one connection each but for the last check, and prints one line of
JSON for each check. Calls that routes know are answered by v2, all others by v1."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "gen-py"), os.path.join(HERE, "lib")]

from interop import Greeter  # noqa: E402
from interop.ttypes import Order, Refused  # noqa: E402
from thrift.protocol.TBinaryProtocol import TBinaryProtocol  # noqa: E402
from thrift.protocol.TCompactProtocol import TCompactProtocol  # noqa: E402
from thrift.protocol.THeaderProtocol import THeaderProtocol  # noqa: E402
from thrift.protocol.TMultiplexedProtocol import TMultiplexedProtocol  # noqa: E402
from thrift.Thrift import TApplicationException  # noqa: E402
from thrift.transport.THeaderTransport import THeaderSubprotocolID, THeaderTransformID  # noqa: E402
from thrift.transport.TSocket import TSocket  # noqa: E402
from thrift.transport.TTransport import TBufferedTransport, TFramedTransport  # noqa: E402

MEBIBYTE = 1 << 20
CONNECTIONS = 4
CALLS = 25


class Connection:
    """One, and the clients that share it."""

    def __init__(self, address, dialect):
        self.dialect = dialect
        self.transport_name, protocol, *packed = dialect.split("-")
        self.packed = bool(packed)
        host, port = address.split(":")
        socket = TSocket(host, int(port))
        socket.setTimeout(20_000)
        if self.transport_name == "header":
            self.protocol = header_protocol(socket, protocol, self.packed)
            self.transport = self.protocol.trans
        else:
            framed = self.transport_name == "framed"
            self.transport = TFramedTransport(socket) if framed else TBufferedTransport(socket)
            self.protocol = (TCompactProtocol if protocol == "compact" else TBinaryProtocol)(self.transport)
        self.greeter = Greeter.Client(self.protocol)
        self.canary = Greeter.Client(self.protocol, TMultiplexedProtocol(self.protocol, "Canary"))
        self.transport.open()

    def by_key(self):
        self.protocol.set_header(b"user", b"jason")
        expect("v2", self.greeter.whoAmI())
        self.protocol.set_header(b"user", b"mary")
        expect("v1", self.greeter.whoAmI())

    def by_nothing(self):
        expect("v1", self.greeter.whoAmI())

    def by_method(self):
        expect("v2", self.greeter.place(an_order()))

    def by_argument(self):
        expect("v2", self.greeter.greet("jason", 1))
        expect("v1", self.greeter.greet("mary", 2))

    def by_service(self):
        expect("v2", self.canary.whoAmI())

    def echoes_order(self):
        expect(an_order(), self.greeter.echoOrder(an_order()))

    def declared(self):
        try:
            self.greeter.fail("declared")
        except Refused as refused:
            expect((42, "declared by v1"), (refused.code, refused.reason))
        else:
            raise AssertionError("no exception")

    def undeclared(self):
        # Whose type is the library's choice.
        self.exception_of(lambda: self.greeter.fail("undeclared"))

    def lost(self):
        exception = self.exception_of(self.greeter.internalDump)
        expect(TApplicationException.UNKNOWN_METHOD, exception.type)
        expect("meltemi: no route", exception.message[:17])

    def exception_of(self, call):
        try:
            call()
        except TApplicationException as exception:
            return exception
        raise AssertionError("no exception")

    def one_way(self):
        self.greeter.note(self.dialect)
        expect(True, self.greeter.noted(self.dialect))

    def large(self):
        data = bytes([7]) * MEBIBYTE
        for user, version in {"jason": "v2", "mary": "v1"}.items():
            if self.greeter.echo(user, data) != version.encode() + data:
                raise AssertionError(f"wrong bytes for {user}")


def header_protocol(socket, protocol, packed):
    made = THeaderProtocol(socket, (0, 1, 2, 3, 4), getattr(THeaderSubprotocolID, protocol.upper()))
    if packed:
        made.trans.add_transform(THeaderTransformID.ZLIB)
    return made


def an_order():
    return Order(1 << 40, "茶", 2.5, ["a", ""], {"a": 1, "b": -2}, True, [[1, 2, 3], []], {-1})


def expect(wanted, found):
    if wanted != found:
        raise AssertionError(f"{found!r}, not {wanted!r}")


def concurrent(address, dialect):
    def in_turns(_):
        connection = Connection(address, dialect)
        for _ in range(CALLS):
            connection.by_argument()
        connection.transport.close()

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(in_turns, range(CONNECTIONS)))


def check(name, body):
    try:
        body()
        said = {"name": name, "ok": True, "detail": ""}
    except Exception as error:
        said = {"name": name, "ok": False, "detail": f"{type(error).__name__}: {error}"}
    print(json.dumps(said), flush=True)


def run_checks(address, dialect):
    c = Connection(address, dialect)
    checks = {"by a key of THeader": c.by_key} if c.transport_name == "header" else {}
    if not c.packed:
        checks |= {
            "by nothing": c.by_nothing,
            "by method": c.by_method,
            "by argument": c.by_argument,
            "by service": c.by_service,
            "a struct of many kinds": c.echoes_order,
            "a declared exception": c.declared,
            "an undeclared exception": c.undeclared,
            "a call without a route": c.lost,
            "one-way": c.one_way,
            "1 MiB, both versions": c.large,
            "concurrency": lambda: concurrent(address, dialect),
        }
    for name, body in checks.items():
        check(f"{dialect}: {name}", body)
    c.transport.close()


for dialect in sys.argv[2].split(","):
    run_checks(sys.argv[1], dialect)
