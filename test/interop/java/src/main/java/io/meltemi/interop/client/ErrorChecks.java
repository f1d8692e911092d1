package io.meltemi.interop.client;

import io.meltemi.interop.api.GreetException;
import io.meltemi.interop.api.GreeterService;
import io.meltemi.interop.api.UnknownService;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.dubbo.rpc.RpcContext;
import org.apache.dubbo.rpc.RpcException;

/** Calls that fail, each its own way; the connection outlives them all. */
final class ErrorChecks {
  private ErrorChecks() {}

  static void run(Report report, Target target) {
    GreeterService greeter = target.greeter();
    report.check("errors: a checked exception", () -> {
      GreetException e = target.as("jason", () -> Report.thrown(GreetException.class, () -> greeter.fail("checked")));
      Report.same("checked: é 书 \uD83D\uDE00", e.getMessage());
      Report.same(42, e.getCode());
      return e;
    });
    report.check("errors: a runtime exception", () -> {
      IllegalStateException e =
          target.as("jason", () -> Report.thrown(IllegalStateException.class, () -> greeter.fail("runtime")));
      Report.same("runtime", e.getMessage());
      return e;
    });
    report.check("errors: an exception that the provider cannot write", () -> unwritable(target, greeter, "foreign"));
    report.check("errors: an error", () -> unwritable(target, greeter, "error"));
    report.check("errors: a future that fails", () -> {
      RpcContext.getClientAttachment().setAttachment("user", "jason");
      CompletableFuture<String> answer = greeter.failLater("later");
      Throwable cause = Report.thrown(ExecutionException.class, answer::get).getCause();
      Report.that(cause instanceof GreetException e && e.getCode() == 43, "got " + cause);
      return cause;
    });
    report.check("errors: a timeout, and the late answer is no one's", () -> timeout(target, greeter));
    report.check("errors: a service that nobody provides", () -> {
      UnknownService unknown = target.service(UnknownService.class, Map.of());
      String message = refused(() -> unknown.echo("x"));
      // A provider only says that it cannot decode the call; Meltemi names the service.
      Report.that(!target.mesh() || message.contains(UnknownService.class.getName()), message);
      return message;
    });
    report.check("errors: a version that nobody provides", () -> refused(target.greeter(null, "9.9.9")::whoAmI));
    report.check("errors: the connection still serves", () -> target.as("jason", greeter::whoAmI));
  }

  /** Dubbo's provider does not serialize classes that the interface does not name: it answers with status 50. */
  private static Object unwritable(Target target, GreeterService greeter, String how) {
    RpcContext.getClientAttachment().setAttachment("user", "jason");
    String message = refused(() -> greeter.fail(how));
    Report.that(message.contains(how + ", by " + target.version("jason")), message);
    return "status 50";
  }

  /** The text of the answer to a call that is not even made, or whose result does not come. */
  private static String refused(Report.Call call) {
    RpcException e = Report.thrown(RpcException.class, call);
    Report.that(!e.isTimeout(), "a timeout instead of an answer: " + e.getMessage());
    return e.getCause().getMessage();
  }

  /** The provider answers only after the caller has given up; the answer must not disturb later calls. */
  private static Object timeout(Target target, GreeterService greeter) throws Exception {
    RpcContext.getClientAttachment().setObjectAttachment("timeout", 300);
    RpcContext.getClientAttachment().setAttachment("user", "jason");
    RpcException e = Report.thrown(RpcException.class, () -> greeter.hold("timeout"));
    Report.that(e.isTimeout(), "not a timeout: " + e);
    target.as("jason", () -> {
      greeter.release("timeout");
      return null;
    });
    for (int i = 0; i < 20; i++) {
      String who = "after timeout " + i;
      Report.same(target.version("jason") + " greets " + who, target.as("jason", () -> greeter.greet(who)));
    }
    return "20 calls answered right";
  }
}
