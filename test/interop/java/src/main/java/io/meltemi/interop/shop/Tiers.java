package io.meltemi.interop.shop;

import com.example.shop.Front;
import com.example.shop.Orders;
import com.example.shop.Stock;
import com.example.shop.Tier;
import java.util.Map;
import org.apache.dubbo.config.ReferenceConfig;
import org.apache.dubbo.config.RegistryConfig;

/** The shop's services by their names, and how they are called. */
final class Tiers {
  private static final int TIMEOUT_MS = 20_000;

  private static final Map<String, Class<? extends Tier>> BY_NAME =
      Map.of("front", Front.class, "orders", Orders.class, "stock", Stock.class);

  private Tiers() {}

  static Class<? extends Tier> byName(String name) {
    Class<? extends Tier> tier = BY_NAME.get(name);
    if (tier == null) throw new IllegalArgumentException("No such tier: " + name + ". There are " + BY_NAME.keySet());
    return tier;
  }

  /** `version`: null for the service without one. */
  static Tier reference(String name, String address, String version) {
    Class<? extends Tier> type = byName(name);
    ReferenceConfig<Tier> reference = new ReferenceConfig<>();
    reference.setInterface(type);
    reference.setUrl("dubbo://" + address + "/" + type.getName() + "?client=loopback&transporter=loopback");
    reference.setRegistry(new RegistryConfig("N/A"));
    reference.setVersion(version);
    reference.setCheck(false);
    reference.setRetries(0);
    reference.setTimeout(TIMEOUT_MS);
    return reference.get();
  }
}
