package io.meltemi.interop.client;

import io.meltemi.interop.api.GreeterService;
import io.meltemi.interop.transport.LoopbackTransporter;
import java.util.Map;
import org.apache.dubbo.rpc.RpcContext;

/** An idle connection with a heartbeat each second. */
final class HeartbeatChecks {
  private static final int HEARTBEATS = 4;
  private static final long LIMIT_MS = 20_000;

  private HeartbeatChecks() {}

  static void run(Report report, Target target) {
    report.check("heartbeat: answered, and no reconnect", () -> {
      GreeterService greeter = target.service(GreeterService.class, Map.of("heartbeat", "1000", "connections", "1"));
      greet(target, greeter, "jason");
      int connects = LoopbackTransporter.CONNECTS.get();
      int heartbeats = heartbeats();
      long deadline = System.currentTimeMillis() + LIMIT_MS;
      while (heartbeats() < heartbeats + HEARTBEATS) {
        Report.that(System.currentTimeMillis() < deadline, "neither answers to heartbeats nor the peer's own arrive");
        Thread.sleep(50);
      }
      greet(target, greeter, "jason");
      greet(target, greeter, "other");
      Report.same(connects, LoopbackTransporter.CONNECTS.get());
      return HEARTBEATS + " heartbeats";
    });
  }

  /** A consumer that hears the heartbeats of its provider (dubbo-go sends some, Java does not) has no need of its own. */
  private static int heartbeats() {
    return LoopbackTransporter.HEARTBEAT_ANSWERS.get() + LoopbackTransporter.HEARTBEAT_REQUESTS.get();
  }

  /** The greeting itself says who answered: not every provider writes response attachments. */
  private static void greet(Target target, GreeterService greeter, String user) {
    RpcContext.getClientAttachment().setAttachment("user", user);
    Report.same(target.version(user) + " greets " + user, greeter.greet(user));
  }
}
