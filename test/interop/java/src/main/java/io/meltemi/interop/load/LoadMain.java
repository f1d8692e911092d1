package io.meltemi.interop.load;

import com.example.shop.Prices;
import io.meltemi.interop.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.ReferenceConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;

/**
 * `--addresses HOST:PORT,… --method list|search --rate CALLS --seconds SECONDS`: calls each address so many times a second, on a connection of its
 * own. At the end it prints a line for each call: the place of its address, when it was answered, in milliseconds since 1970, and `ok` or what
 * went wrong.
 */
public final class LoadMain {
  private static final int THREADS = 4;
  private static final int TIMEOUT_MS = 8_000;

  private LoadMain() {}

  public static void main(String[] arguments) throws InterruptedException {
    Options options = new Options(arguments);
    int rate = Integer.parseInt(options.get("rate"));
    int seconds = Integer.parseInt(options.get("seconds"));
    ApplicationConfig application = new ApplicationConfig("load");
    application.setQosEnable(false);
    DubboBootstrap.getInstance().application(application);

    List<Supplier<String>> targets = new ArrayList<>();
    for (String address : options.get("addresses").split(",")) {
      Prices prices = reference(address);
      Supplier<String> call = options.get("method").equals("list") ? prices::list : prices::search;
      // Connects, and loads what a first call needs.
      outcome(call);
      targets.add(call);
    }
    Queue<String> lines = new ConcurrentLinkedQueue<>();
    List<Thread> threads = new ArrayList<>();
    long start_ns = System.nanoTime();
    for (int target = 0; target < targets.size(); target++) {
      for (int nth = 0; nth < THREADS; nth++) {
        int place = target;
        long first_ns = start_ns + TimeUnit.SECONDS.toNanos(nth) / rate;
        Thread thread = new Thread(() -> {
          Supplier<String> call = targets.get(place);
          for (int i = 0; i < rate * seconds / THREADS; i++) {
            long wait_ns = first_ns + TimeUnit.SECONDS.toNanos((long) THREADS * i) / rate - System.nanoTime();
            if (wait_ns > 0) sleep(wait_ns);
            String outcome = outcome(call);
            lines.add(place + " " + System.currentTimeMillis() + " " + outcome);
          }
        });
        thread.start();
        threads.add(thread);
      }
    }
    for (Thread thread : threads) thread.join();
    System.out.println(String.join("\n", lines));
    // Dubbo's own threads would keep the JVM alive.
    System.exit(0);
  }

  private static Prices reference(String address) {
    ReferenceConfig<Prices> reference = new ReferenceConfig<>();
    reference.setInterface(Prices.class);
    reference.setUrl("dubbo://" + address + "/" + Prices.class.getName() + "?client=loopback&transporter=loopback");
    reference.setRegistry(new RegistryConfig("N/A"));
    reference.setCheck(false);
    reference.setRetries(0);
    reference.setTimeout(TIMEOUT_MS);
    return reference.get();
  }

  private static String outcome(Supplier<String> call) {
    try {
      call.get();
      return "ok";
    } catch (RuntimeException e) {
      Throwable cause = e;
      while (cause.getCause() != null) cause = cause.getCause();
      return String.valueOf(cause.getMessage()).replace('\n', ' ');
    }
  }

  private static void sleep(long ns) {
    try {
      TimeUnit.NANOSECONDS.sleep(ns);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
