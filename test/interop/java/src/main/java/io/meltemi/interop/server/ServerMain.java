package io.meltemi.interop.server;

import io.meltemi.interop.Options;
import io.meltemi.interop.api.GreeterService;
import io.meltemi.interop.api.PlainService;
import java.util.Map;
import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.ProtocolConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.ServiceConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;

/**
 * `--port PORT --node NAME [--listen ADDRESS] [--heartbeat MILLISECONDS]`: a provider of GreeterService (without group and version, as group
 * "blue" version "1.0.0", and as version "2.0.0") and of PlainService. Prints READY when it serves; SIGTERM ends it the graceful way.
 */
public final class ServerMain {
  private static final int MAX_PAYLOAD_BYTES = 16 << 20;

  private ServerMain() {}

  public static void main(String[] arguments) throws InterruptedException {
    Options options = new Options(arguments);
    String node = options.get("node");
    ServedByFilter.node = node;

    ApplicationConfig application = new ApplicationConfig("interop-provider");
    application.setQosEnable(false);
    ProtocolConfig protocol = new ProtocolConfig("dubbo", Integer.parseInt(options.get("port")));
    protocol.setServer("loopback");
    protocol.setTransporter("loopback");
    protocol.setPayload(MAX_PAYLOAD_BYTES);
    protocol.setParameters(Map.of("listen", options.get("listen", "127.0.0.1")));
    int heartbeat_ms = options.integer("heartbeat", 0);
    if (heartbeat_ms > 0) protocol.setHeartbeat(heartbeat_ms);

    DubboBootstrap.getInstance()
        .application(application)
        .registry(new RegistryConfig("N/A"))
        .protocol(protocol)
        .service(service(GreeterService.class, new GreeterImpl(node), null, null))
        .service(service(GreeterService.class, new GreeterImpl(node + " blue 1.0.0"), "blue", "1.0.0"))
        .service(service(GreeterService.class, new GreeterImpl(node + " 2.0.0"), null, "2.0.0"))
        .service(service(PlainService.class, new PlainImpl(node), null, null))
        .start();
    System.out.println("READY " + node);
    Thread.currentThread().join();
  }

  private static <T> ServiceConfig<T> service(Class<T> type, T implementation, String group, String version) {
    ServiceConfig<T> service = new ServiceConfig<>();
    service.setInterface(type);
    service.setRef(implementation);
    service.setGroup(group);
    service.setVersion(version);
    return service;
  }
}
