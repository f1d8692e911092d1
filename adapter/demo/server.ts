import { createServer, type Server, type Socket } from "node:net";
import {
  type DubboRequest,
  decodeInvocation,
  encodeHeartbeatReply,
  encodeReply,
  takeRequests,
} from "./dubbo-message.js";

/** One version of the demo's service, as a process of its own: `node server.js VERSION PORT [ADDRESS]`. Tells its parent its port. */
function serve(version: string, port: number, address: string): void {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    let received: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      try {
        const { requests, rest } = takeRequests(Buffer.concat([received, chunk]));
        received = rest;
        for (const request of requests) answer(socket, request, version);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on("error", (error) => console.error(`${version}: ${error.message}`));
  });
  listen(server, port, address);
}

function answer(socket: Socket, request: DubboRequest, version: string): void {
  if (!request.isTwoWay) return;
  if (request.isEvent) {
    socket.write(encodeHeartbeatReply(request.id));
    return;
  }
  const { method, args } = decodeInvocation(request.body);
  socket.write(encodeReply(request.id, `${method}(${args.join(", ")}) answered by ${version}`, { version }));
}

/** A port that is taken is no reason to fail: any other one does, the parent is told which. */
function listen(server: Server, port: number, address: string): void {
  server.once("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE" || port === 0) throw error;
    listen(server, 0, address);
  });
  server.listen(port, address, () => {
    const bound = server.address();
    if (typeof bound === "object") process.send?.({ port: bound?.port });
  });
}

process.once("disconnect", () => process.exit());
// Ctrl-C reaches the whole group; the parent ends us in order.
process.on("SIGINT", () => {});
// The first process of a container ends by no signal that it does not listen to.
process.once("SIGTERM", () => process.exit());
serve(process.argv[2] as string, Number(process.argv[3]), process.argv[4] ?? "127.0.0.1");
