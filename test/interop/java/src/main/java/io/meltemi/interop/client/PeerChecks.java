package io.meltemi.interop.client;

import io.meltemi.interop.api.Customer;
import io.meltemi.interop.api.GreetException;
import io.meltemi.interop.api.GreeterService;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.dubbo.rpc.RpcContext;

/** What a provider in another language can do; it knows no response attachments, so the greeting says who answered. */
final class PeerChecks {
  private static final int MEBIBYTE = 1 << 20;

  private PeerChecks() {}

  static void run(Report report, Target target) {
    GreeterService greeter = target.greeter();
    for (String user : List.of("jason", "other")) {
      report.check("peer: user=" + user, () -> {
        RpcContext.getClientAttachment().setAttachment("user", user);
        Report.same(target.version(user), greeter.whoAmI());
        return target.version(user);
      });
      report.check("peer: 1 MiB of bytes, " + user, () -> {
        byte[] sent = new byte[MEBIBYTE];
        new Random(MEBIBYTE).nextBytes(sent);
        RpcContext.getClientAttachment().setAttachment("user", user);
        Report.that(Arrays.equals(sent, greeter.echoBytes(sent)), "the bytes came back changed");
        return "equal";
      });
      report.check("peer: 1 MiB of Chinese, " + user, () -> {
        String sent = "书".repeat(MEBIBYTE / 3);
        RpcContext.getClientAttachment().setAttachment("user", user);
        Report.same(sent, greeter.echo(sent));
        return "equal";
      });
    }
    report.check("peer: an object", () -> {
      Customer customer = new Customer("Zoë 书", "z@example.com", 41);
      Report.same(customer, greeter.echoCustomer(customer));
      return "equal";
    });
    report.check("peer: attachments arrive", () -> {
      Map<String, String> sent = Map.of("user", "jason", "unicode", "é 书", "long", "l".repeat(8_000));
      sent.forEach((key, value) -> RpcContext.getClientAttachment().setAttachment(key, value));
      Map<String, String> seen = greeter.attachments();
      sent.forEach((key, value) -> Report.same(value, seen.get(key)));
      return seen.keySet();
    });
    report.check("peer: an exception", () -> {
      RpcContext.getClientAttachment().setAttachment("user", "jason");
      GreetException e = Report.thrown(GreetException.class, () -> greeter.fail("checked"));
      Report.same("checked, by " + target.version("jason"), e.getMessage());
      Report.same(42, e.getCode());
      return e;
    });
    report.check("peer: 32 threads × 50 calls, jason and other in turns", () ->
        ConcurrencyChecks.parallel(32, 50, (thread, i) -> {
          String user = (thread + i) % 2 == 0 ? "jason" : "other";
          String who = user + " " + thread + "." + i;
          RpcContext.getClientAttachment().setAttachment("user", user);
          Report.same(target.version(user) + " greets " + who, greeter.greet(who));
        }));
  }
}
