package io.meltemi.interop.client;

import io.meltemi.interop.api.GreeterService;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.dubbo.config.MethodConfig;
import org.apache.dubbo.config.ReferenceConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.rpc.RpcContext;

/**
 * Where the calls go: a provider itself, or Meltemi before two of them, where `user: jason` goes to v2, and all else but what
 * ServiceChecks looks at to v1.
 * References to one address share one connection unless they ask for their own.
 */
record Target(String address, boolean mesh) {
  static final int TIMEOUT_MS = 8_000;

  /** The provider that answers a call of `user`. */
  String version(String user) {
    return mesh && user.equals("jason") ? "v2" : "v1";
  }

  /** The provider of the calls that another route than jason's sends away from v1. */
  String routed() {
    return mesh ? "v2" : "v1";
  }

  <T> ReferenceConfig<T> reference(Class<T> type, Map<String, String> parameters) {
    StringBuilder url = new StringBuilder("dubbo://" + address + "/" + type.getName());
    url.append("?client=loopback&transporter=loopback&payload=16777216");
    parameters.forEach((key, value) -> url.append('&').append(key).append('=').append(value));
    ReferenceConfig<T> reference = new ReferenceConfig<>();
    reference.setInterface(type);
    reference.setUrl(url.toString());
    reference.setRegistry(new RegistryConfig("N/A"));
    reference.setCheck(false);
    reference.setRetries(0);
    reference.setTimeout(TIMEOUT_MS);
    return reference;
  }

  <T> T service(Class<T> type, Map<String, String> parameters) {
    return reference(type, parameters).get();
  }

  GreeterService greeter() {
    ReferenceConfig<GreeterService> reference = reference(GreeterService.class, Map.of());
    MethodConfig oneWay = new MethodConfig();
    oneWay.setName("fireAndForget");
    oneWay.setReturn(false);
    reference.setMethods(List.of(oneWay));
    return reference.get();
  }

  GreeterService greeter(String group, String version) {
    ReferenceConfig<GreeterService> reference = reference(GreeterService.class, Map.of());
    reference.setGroup(group);
    reference.setVersion(version);
    return reference.get();
  }

  /** Calls as `user` and makes sure that the right provider answered. */
  <T> T as(String user, Callable<T> call) throws Exception {
    RpcContext.getClientAttachment().setAttachment("user", user);
    T answer = call.call();
    Report.same(version(user), RpcContext.getClientResponseContext().getAttachment("served-by"));
    return answer;
  }
}
