// What the clients and servers of this folder speak.
namespace go interop
namespace py interop
namespace js interop

exception Refused {
  1: i32 code
  2: string reason
}

struct Order {
  1: i64 id
  2: string item
  3: double price
  4: list<string> tags
  5: map<string, i32> quantities
  6: optional bool paid
  7: list<list<i64>> rows
  8: set<i16> marks
}

service Greeter {
  /** The server's version. */
  string whoAmI()
  /** The same: of these calls routes know the first argument, and of the next the method. */
  string greet(1: string name, 2: i32 times)
  string place(1: Order order)
  Order echoOrder(1: Order order)
  binary echo(1: string user, 2: binary data)
  string fail(1: string how) throws (1: Refused refused)
  oneway void note(1: string token)
  bool noted(1: string token)
  /** No route takes these calls. */
  string internalDump()
}
