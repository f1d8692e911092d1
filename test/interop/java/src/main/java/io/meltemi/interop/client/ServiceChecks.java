package io.meltemi.interop.client;

import io.meltemi.interop.api.GreeterService;
import io.meltemi.interop.api.Order;
import io.meltemi.interop.api.PlainService;
import java.util.Map;
import org.apache.dubbo.rpc.RpcContext;

/** Groups, versions, several services on one connection, and serializations. */
final class ServiceChecks {
  private ServiceChecks() {}

  static void run(Report report, Target target) {
    report.check("services: group and version", () -> {
      GreeterService greeter = target.greeter("blue", "1.0.0");
      Report.same(target.version("jason") + " blue 1.0.0", target.as("jason", greeter::whoAmI));
      Report.same("v1 blue 1.0.0", target.as("other", greeter::whoAmI));
      return "both";
    });
    report.check("services: a version alone", () -> {
      GreeterService greeter = target.greeter(null, "2.0.0");
      Report.same(target.version("jason") + " 2.0.0", target.as("jason", greeter::whoAmI));
      return "found";
    });
    report.check("services: routed by version and method", () -> {
      GreeterService greeter = target.greeter(null, "2.0.0");
      Report.same(target.routed() + " 2.0.0", greeter.whoAmI());
      Report.same("v1 2.0.0 greets other", greeter.greet("other"));
      return "both";
    });
    report.check("services: routed by group and the beginning of an attachment", () -> {
      GreeterService greeter = target.greeter("blue", "1.0.0");
      Report.same(target.routed() + " blue 1.0.0", as("blue-moon", greeter));
      Report.same("v1 blue 1.0.0", as("green-moon", greeter));
      Report.same("v1", as("blue-moon", target.greeter()));
      return "all three";
    });
    report.check("services: routed by an expression", () -> {
      Report.same(target.routed(), as("canary-42", target.greeter()));
      Report.same("v1", as("canary-", target.greeter()));
      Report.same("v1", as("canary-42 ", target.greeter()));
      return "all three";
    });
    report.check("services: routed by a text of many scripts", () -> {
      Report.same(target.routed(), as("é 书 😀", target.greeter()));
      Report.same("v1", as("é 书 😁", target.greeter()));
      return "both";
    });
    for (String serialization : new String[] {"hessian2", "fastjson2"}) {
      report.check("services: no attachment asked for, " + serialization, () -> {
        PlainService plain = target.service(PlainService.class, Map.of("serialization", serialization));
        Report.same("v1", plain.whoAmI());
        Order order = TypeChecks.order();
        Report.same(order, plain.echoOrder(order));
        return "equal";
      });
    }
    report.check("services: attachments in fastjson2 are not read", () -> {
      GreeterService greeter = target.service(GreeterService.class, Map.of("serialization", "fastjson2"));
      RpcContext.getClientAttachment().setAttachment("user", "jason");
      Report.same("v1 greets jason", greeter.greet("jason"));
      return "v1";
    });
  }

  private static String as(String user, GreeterService greeter) {
    RpcContext.getClientAttachment().setAttachment("user", user);
    return greeter.whoAmI();
  }
}
