package io.meltemi.interop.client;

import io.meltemi.interop.api.GreeterService;
import io.meltemi.interop.transport.LoopbackTransporter;
import java.util.List;
import org.apache.dubbo.rpc.RpcContext;

/** How soon calls on one connection follow a rule that whoever runs this program changes and takes away. */
final class FollowChecks {
  private static final int LIMIT_MS = 1_000;

  private FollowChecks() {}

  static void run(Report report, Target target) {
    GreeterService greeter = target.greeter();
    report.check("follow: the rule", () -> ChangeChecks.followed(greeter, "v2", LIMIT_MS));
    for (String version : List.of("v1", "v2")) {
      report.check("follow: the rule, changed to " + version, () -> {
        report.step("route jason to " + version);
        return ChangeChecks.followed(greeter, version, LIMIT_MS);
      });
    }
    report.check("follow: no rule any more", () -> {
      report.step("delete the rule");
      long deadline = System.currentTimeMillis() + LIMIT_MS;
      // Calls may go to both in turns then: one of each would not tell.
      while (whoIs(greeter, "jason").equals("v2") && whoIs(greeter, "jason").equals("v2") && whoIs(greeter, "other").equals("v1")) {
        Report.that(System.currentTimeMillis() < deadline, "the calls still follow the rule");
      }
      return "all go by the Service";
    });
    report.check("follow: the rule, made anew", () -> {
      report.step("route jason to v2");
      long deadline = System.currentTimeMillis() + LIMIT_MS;
      // Without the rule calls go to both, so that one that is right says nothing yet.
      for (int inTurn = 0; inTurn < 50; inTurn++) {
        if (whoIs(greeter, "jason").equals("v2") && whoIs(greeter, "other").equals("v1")) continue;
        Report.that(System.currentTimeMillis() < deadline, "the calls do not follow the rule");
        inTurn = 0;
      }
      return "both go their ways";
    });
    report.check("follow: all of it on one connection", () -> {
      Report.same(1, LoopbackTransporter.CONNECTS.get());
      return "1 connection";
    });
  }

  private static String whoIs(GreeterService greeter, String user) {
    RpcContext.getClientAttachment().setAttachment("user", user);
    return greeter.whoAmI();
  }
}
