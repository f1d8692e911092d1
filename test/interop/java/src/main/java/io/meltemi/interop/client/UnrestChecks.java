package io.meltemi.interop.client;

import io.meltemi.interop.api.GreeterService;
import io.meltemi.interop.transport.LoopbackTransporter;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.dubbo.rpc.RpcContext;
import org.apache.dubbo.rpc.RpcException;

/**
 * Calls of all sizes on one connection while v2 comes and goes and jason's route changes. Each call is answered: with what was
 * sent, or, where v2 was the one to answer, with an error. None is lost, none gets another's answer.
 */
final class UnrestChecks {
  private static final int THREADS = 24;

  private UnrestChecks() {}

  static void run(Report report, Target target) {
    GreeterService greeter = target.greeter();
    report.check("unrest: each call is answered", () -> {
      AtomicBoolean over = new AtomicBoolean();
      AtomicInteger calls = new AtomicInteger();
      AtomicInteger refused = new AtomicInteger();
      CompletableFuture<Object> callers = CompletableFuture.supplyAsync(() -> {
        try {
          return ConcurrencyChecks.parallel(THREADS, 1, (thread, unused) -> {
            Random random = new Random(thread);
            while (!over.get()) {
              calls.incrementAndGet();
              if (!answered(greeter, random)) refused.incrementAndGet();
            }
          });
        } catch (Exception e) {
          throw new IllegalStateException("after " + calls + " calls", e);
        }
      });
      report.step("unrest");
      over.set(true);
      callers.get();
      return calls + " calls, " + refused + " of them refused";
    });
    report.check("unrest: all is well afterwards", () -> {
      target.as("other", greeter::whoAmI);
      return ChangeChecks.followed(greeter, target.version("jason"), ChangeChecks.FOLLOW_LIMIT_MS);
    });
    report.check("unrest: all of it on one connection", () -> {
      Report.same(1, LoopbackTransporter.CONNECTS.get());
      return "1 connection";
    });
  }

  private static boolean answered(GreeterService greeter, Random random) {
    byte[] sent = new byte[random.nextInt(1 << (3 + random.nextInt(16)))];
    random.nextBytes(sent);
    String user = random.nextBoolean() ? "jason" : "other";
    RpcContext.getClientAttachment().setAttachment("user", user);
    try {
      Report.that(Arrays.equals(sent, greeter.echoBytes(sent)), "another call's answer, of " + sent.length + " bytes");
      return true;
    } catch (RpcException e) {
      Report.that(!e.isTimeout() && user.equals("jason"), user + "'s call of " + sent.length + " bytes: " + e.getCause());
      return false;
    }
  }
}
