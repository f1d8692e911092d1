package io.meltemi.interop.client;

import io.meltemi.interop.api.GreeterService;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.dubbo.config.ReferenceConfig;
import org.apache.dubbo.rpc.RpcContext;
import org.apache.dubbo.rpc.service.EchoService;
import org.apache.dubbo.rpc.service.GenericService;

/** The ways to call: plain, one-way, asynchronous, generic; and what travels beside the arguments. */
final class CallChecks {
  private CallChecks() {}

  static void run(Report report, Target target) {
    GreeterService greeter = target.greeter();
    report.check("call: without attachments", () -> {
      Report.same("v1", greeter.whoAmI());
      return "v1";
    });
    report.check("call: user=jason", () -> target.as("jason", greeter::whoAmI));
    report.check("call: user=other", () -> target.as("other", greeter::whoAmI));
    report.check("call: a value that only begins like jason", () -> target.as("jasonx", greeter::whoAmI));
    report.check("call: the name User is not the name user", () -> {
      RpcContext.getClientAttachment().setAttachment("User", "jason");
      Report.same("v1", greeter.whoAmI());
      return "v1";
    });
    report.check("call: nothing returned", () -> target.as("jason", () -> {
      greeter.nothing();
      return null;
    }));
    report.check("call: null returned", () -> {
      Report.same(null, target.as("jason", greeter::nullText));
      return "null";
    });
    report.check("call: one-way", () -> {
      RpcContext.getClientAttachment().setAttachment("user", "jason");
      greeter.fireAndForget("one-way");
      Report.same(true, target.as("jason", () -> greeter.arrived("one-way")));
      return "arrived";
    });
    report.check("call: a future", () -> {
      RpcContext.getClientAttachment().setAttachment("user", "jason");
      CompletableFuture<String> answer = greeter.greetLater("jason");
      Report.same(target.version("jason") + " greets later jason", answer.get());
      return answer.get();
    });
    report.check("call: a slow call does not hold up the next", () -> slow(target, greeter));
    report.check("call: generic", () -> generic(target));
    report.check("call: the echo of every service", () -> {
      Report.same("still there?", ((EchoService) greeter).$echo("still there?"));
      return "still there";
    });
    report.check("call: attachments arrive", () -> attachments(target, greeter));
    report.check("call: attachments that are no text", () -> objects(target, greeter));
  }

  /** The held call is answered only because the second one passed it, on the same connection and to the same version. */
  private static Object slow(Target target, GreeterService greeter) throws Exception {
    CompletableFuture<String> held = CompletableFuture.supplyAsync(() -> {
      try {
        return target.as("jason", () -> greeter.hold("slow"));
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    });
    target.as("other", greeter::whoAmI);
    target.as("jason", () -> {
      greeter.release("slow");
      return null;
    });
    Report.same(target.version("jason") + " released slow", held.get());
    return held.get();
  }

  private static Object generic(Target target) throws Exception {
    ReferenceConfig<GenericService> reference = target.reference(GenericService.class, Map.of());
    reference.setInterface(GreeterService.class.getName());
    reference.setUrl(reference.getUrl().replace(GenericService.class.getName(), GreeterService.class.getName()));
    reference.setGeneric("true");
    GenericService service = reference.get();
    Object answer = target.as(
        "jason", () -> service.$invoke("greet", new String[] {"java.lang.String"}, new Object[] {"jason"}));
    Report.same(target.version("jason") + " greets jason", answer);
    return answer;
  }

  private static Object attachments(Target target, GreeterService greeter) throws Exception {
    Map<String, String> sent = new TreeMap<>(Map.of(
        "user", "jason",
        "empty", "",
        "unicode", "é 书 😀",
        "X-Upper", "Kept",
        "x-upper", "kept too",
        "long", "l".repeat(8_000)));
    sent.forEach((key, value) -> RpcContext.getClientAttachment().setAttachment(key, value));
    Map<String, String> seen = target.as("jason", greeter::attachments);
    sent.forEach((key, value) -> Report.same(value, seen.get(key)));
    return seen.keySet();
  }

  private static Object objects(Target target, GreeterService greeter) throws Exception {
    RpcContext.getClientAttachment().setObjectAttachment("a-number", 42);
    RpcContext.getClientAttachment().setObjectAttachment("b-list", List.of("x", 1L, true));
    RpcContext.getClientAttachment().setObjectAttachment("c-map", Map.of("k", List.of(1.5)));
    RpcContext.getClientAttachment().setObjectAttachment("d-null", null);
    Map<String, String> seen = target.as("jason", greeter::attachments);
    Report.same("java.lang.Integer:42", seen.get("a-number"));
    Report.that(seen.get("b-list").endsWith(":[x, 1, true]"), "list: " + seen.get("b-list"));
    Report.that(seen.get("c-map").endsWith(":{k=[1.5]}"), "map: " + seen.get("c-map"));
    return seen.get("b-list") + " " + seen.get("c-map");
  }
}
