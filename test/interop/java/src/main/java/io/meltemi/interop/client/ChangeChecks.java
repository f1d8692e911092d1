package io.meltemi.interop.client;

import io.meltemi.interop.api.GreeterService;
import io.meltemi.interop.transport.LoopbackTransporter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.dubbo.rpc.RpcContext;
import org.apache.dubbo.rpc.RpcException;

/**
 * What changes behind a connection that stays: providers that are killed, end and come back, and routes. Only behind Meltemi;
 * whoever runs this program does the steps. v2 closes connections on which it has read nothing for three seconds.
 */
final class ChangeChecks {
  private static final long IDLE_MS = 4_500;
  static final long FOLLOW_LIMIT_MS = 20_000;

  private ChangeChecks() {}

  static void run(Report report, Target target) {
    GreeterService greeter = target.greeter();
    report.check("change: a provider has closed its idle connection", () -> {
      target.as("jason", greeter::whoAmI);
      Thread.sleep(IDLE_MS);
      target.as("jason", greeter::whoAmI);
      return target.as("other", greeter::whoAmI);
    });
    report.check("change: a provider is killed with a call in flight", () -> killed(report, target, greeter));
    report.check("change: calls to a provider that is gone fail at once", () -> {
      String message = gone(greeter::whoAmI);
      target.as("other", greeter::whoAmI);
      return message;
    });
    report.check("change: the provider is back", () -> {
      report.step("start v2");
      return target.as("jason", greeter::whoAmI);
    });
    report.check("change: a provider ends while others are called", () -> ended(report, target, greeter));
    report.check("change: the provider is back again", () -> {
      report.step("start v2");
      return target.as("jason", greeter::whoAmI);
    });
    for (String version : List.of("v1", "v2")) {
      report.check("change: the route, to " + version, () -> {
        report.step("route jason to " + version);
        return followed(greeter, version, FOLLOW_LIMIT_MS);
      });
    }
    report.check("change: all of it on one connection", () -> {
      Report.same(1, LoopbackTransporter.CONNECTS.get());
      Report.same(0, LoopbackTransporter.READ_ONLY_EVENTS.get());
      return "1 connection";
    });
  }

  private static Object killed(Report report, Target target, GreeterService greeter) throws Exception {
    CompletableFuture<String> held = CompletableFuture.supplyAsync(() -> {
      RpcContext.getClientAttachment().setAttachment("user", "jason");
      return greeter.hold("kill");
    });
    Report.same(true, target.as("jason", () -> greeter.arrived("kill held")));
    report.step("kill v2");
    Throwable cause = Report.thrown(ExecutionException.class, held::get).getCause();
    Report.that(cause instanceof RpcException e && !e.isTimeout(), "not told that the provider is gone: " + cause);
    target.as("other", greeter::whoAmI);
    return cause.getCause().getMessage();
  }

  /** The provider says that it ends, and ends; that is no business of those who call another one. */
  private static Object ended(Report report, Target target, GreeterService greeter) throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture<Integer> others = CompletableFuture.supplyAsync(() -> {
      int calls = 0;
      try {
        do {
          target.as("other", greeter::whoAmI);
          calls++;
        } while (!over.get());
      } catch (Exception e) {
        throw new IllegalStateException("after " + calls + " calls", e);
      }
      return calls;
    });
    report.step("end v2");
    over.set(true);
    return others.get() + " calls of the other answered right";
  }

  /** The connection that exists takes the new route within that time, and stays with it. */
  static Object followed(GreeterService greeter, String version, long limit_ms) {
    long began = System.currentTimeMillis();
    int calls = 0;
    do {
      Report.that(System.currentTimeMillis() < began + limit_ms, "the calls do not follow the route");
      RpcContext.getClientAttachment().setAttachment("user", "jason");
      calls++;
    } while (!greeter.whoAmI().equals(version));
    long took_ms = System.currentTimeMillis() - began;
    for (int i = 0; i < 50; i++) {
      RpcContext.getClientAttachment().setAttachment("user", "jason");
      Report.same(version, greeter.whoAmI());
    }
    return "with call " + calls + ", after " + took_ms + " ms";
  }

  private static String gone(Report.Call call) {
    RpcContext.getClientAttachment().setAttachment("user", "jason");
    RpcException e = Report.thrown(RpcException.class, call);
    Report.that(!e.isTimeout(), "a timeout instead of an answer: " + e.getMessage());
    return e.getCause().getMessage();
  }
}
