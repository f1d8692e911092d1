package io.meltemi.interop.shop;

import com.example.shop.Tier;
import io.meltemi.interop.Options;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.ProtocolConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.ServiceConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;

/**
 * `--tier NAME --node NAME --port PORT --listen ADDRESS [--next NAME --ipv4 HOST:PORT --ipv6 HOST:PORT]`: one tier of the shop, without a
 * version and as version v0-0-2, and where the next one is. Prints READY when it serves.
 */
public final class TierMain {
  private static final String CANARY = "v0-0-2";

  private TierMain() {}

  public static void main(String[] arguments) throws InterruptedException {
    Options options = new Options(arguments);
    ApplicationConfig application = new ApplicationConfig("shop-" + options.get("tier"));
    application.setQosEnable(false);
    ProtocolConfig protocol = new ProtocolConfig("dubbo", Integer.parseInt(options.get("port")));
    protocol.setServer("loopback");
    protocol.setTransporter("loopback");
    protocol.setParameters(Map.of("listen", options.get("listen")));

    Map<String, Tier> next = new LinkedHashMap<>();
    Tier tier = new TierImpl(options.get("node"), next);
    DubboBootstrap.getInstance()
        .application(application)
        .registry(new RegistryConfig("N/A"))
        .protocol(protocol)
        .service(service(options.get("tier"), tier, null))
        .service(service(options.get("tier"), tier, CANARY))
        .start();
    // Not before: a first reference starts the application, and services that come after it are not exported.
    String behind = options.get("next", "");
    if (!behind.isEmpty()) {
      for (String family : new String[] {"ipv4", "ipv6"}) {
        next.put(family, Tiers.reference(behind, options.get(family), null));
      }
    }
    System.out.println("READY " + options.get("node"));
    Thread.currentThread().join();
  }

  private static ServiceConfig<Tier> service(String name, Tier implementation, String version) {
    ServiceConfig<Tier> service = new ServiceConfig<>();
    service.setInterface(Tiers.byName(name));
    service.setRef(implementation);
    service.setVersion(version);
    return service;
  }
}
