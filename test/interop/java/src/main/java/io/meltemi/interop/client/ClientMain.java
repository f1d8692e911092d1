package io.meltemi.interop.client;

import io.meltemi.interop.Options;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;

/**
 * `--address HOST:PORT --mesh true|false --checks call,types,…`: calls the provider at the address, or the two behind
 * Meltemi, and prints one line of JSON per check.
 */
public final class ClientMain {
  private static final Map<String, BiConsumer<Report, Target>> CHECKS = new LinkedHashMap<>();

  static {
    CHECKS.put("call", CallChecks::run);
    CHECKS.put("types", TypeChecks::run);
    CHECKS.put("errors", ErrorChecks::run);
    CHECKS.put("size", SizeChecks::run);
    CHECKS.put("services", ServiceChecks::run);
    CHECKS.put("concurrency", ConcurrencyChecks::run);
    CHECKS.put("peer", PeerChecks::run);
    CHECKS.put("change", ChangeChecks::run);
    CHECKS.put("follow", FollowChecks::run);
    CHECKS.put("unrest", UnrestChecks::run);
    CHECKS.put("heartbeat", HeartbeatChecks::run);
    CHECKS.put("ask", AskChecks::run);
  }

  private ClientMain() {}

  public static void main(String[] arguments) {
    Options options = new Options(arguments);
    Target target = new Target(options.get("address"), Boolean.parseBoolean(options.get("mesh")));
    ApplicationConfig application = new ApplicationConfig("interop-consumer");
    application.setQosEnable(false);
    DubboBootstrap.getInstance().application(application);

    Report report = new Report();
    for (String name : options.get("checks").split(",")) {
      BiConsumer<Report, Target> checks = CHECKS.get(name);
      if (checks == null) throw new IllegalArgumentException("No such checks: " + name + ". There are " + CHECKS.keySet());
      checks.accept(report, target);
    }
    // Dubbo's own threads would keep the JVM alive.
    System.exit(0);
  }
}
