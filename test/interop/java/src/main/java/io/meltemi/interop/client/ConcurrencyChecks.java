package io.meltemi.interop.client;

import io.meltemi.interop.api.GreeterService;
import io.meltemi.interop.transport.LoopbackTransporter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Many calls in flight on one connection. */
final class ConcurrencyChecks {
  private ConcurrencyChecks() {}

  interface Call {
    void run(int thread, int number) throws Exception;
  }

  static void run(Report report, Target target) {
    GreeterService greeter = target.greeter();
    report.check("concurrency: 32 threads × 50 calls, jason and other in turns", () -> parallel(32, 50, (thread, i) -> {
      String user = (thread + i) % 2 == 0 ? "jason" : "other";
      String who = user + " " + thread + "." + i;
      Report.same(target.version(user) + " greets " + who, target.as(user, () -> greeter.greet(who)));
    }));
    report.check("concurrency: 16 threads × 20 calls of 1 byte to 300 kB", () -> parallel(16, 20, (thread, i) -> {
      Random random = new Random(thread * 1_000L + i);
      byte[] sent = new byte[1 + random.nextInt(1 << (3 + random.nextInt(16)))];
      random.nextBytes(sent);
      String user = random.nextBoolean() ? "jason" : "other";
      Report.same(sent, target.as(user, () -> greeter.echoBytes(sent)));
    }));
    report.check("concurrency: 8 threads × 4 calls of 1 MiB, both versions at once", () -> parallel(8, 4, (thread, i) -> {
      byte[] sent = new byte[1 << 20];
      new Random(thread * 1_000L + i).nextBytes(sent);
      String user = thread % 2 == 0 ? "jason" : "other";
      Report.same(sent, target.as(user, () -> greeter.echoBytes(sent)));
    }));
    report.check("concurrency: all of it on one connection", () -> {
      Report.same(1, LoopbackTransporter.CONNECTS.get());
      return "1 connection";
    });
  }

  static Object parallel(int threads, int calls, Call call) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        int number = thread;
        tasks.add(() -> {
          for (int i = 0; i < calls; i++) call.run(number, i);
          return null;
        });
      }
      for (Future<Void> task : pool.invokeAll(tasks)) task.get();
      return threads * calls + " calls answered right";
    } finally {
      pool.shutdownNow();
    }
  }
}
