package io.meltemi.interop.client;

import io.meltemi.interop.api.GreeterService;
import org.apache.dubbo.rpc.RpcException;

/** Whether a call is answered or refused, and how, before and after something that whoever runs this program does. All on one connection. */
final class AskChecks {
  private static final int LIMIT_MS = 10_000;

  private AskChecks() {}

  static void run(Report report, Target target) {
    GreeterService greeter = target.greeter();
    report.check("ask: first", () -> outcome(greeter));
    report.check("ask: then", () -> {
      String before = outcome(greeter);
      report.step("change");
      long deadline = System.currentTimeMillis() + LIMIT_MS;
      String after = outcome(greeter);
      while (after.equals(before) && System.currentTimeMillis() < deadline) after = outcome(greeter);
      return after;
    });
  }

  private static String outcome(GreeterService greeter) {
    try {
      return "answered by " + greeter.whoAmI();
    } catch (RpcException e) {
      return "refused: " + (e.getCause() == null ? e : e.getCause()).getMessage();
    }
  }
}
