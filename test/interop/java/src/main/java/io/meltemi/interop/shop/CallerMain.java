package io.meltemi.interop.shop;

import com.alibaba.fastjson2.JSON;
import com.alibaba.fastjson2.JSONObject;
import com.example.shop.Tier;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;
import org.apache.dubbo.rpc.RpcContext;

/**
 * Calls what it is told to, a line of JSON for each: `{"tier":…,"address":…,"version":…,"attachments":{…},"count":N}`, and answers each with a
 * line: `{"answers":[[…],…]}`, or `{"error":…}` at the first call that fails. Prints READY before.
 */
public final class CallerMain {
  private static final Map<String, Tier> REFERENCES = new HashMap<>();

  private CallerMain() {}

  public static void main(String[] arguments) throws IOException {
    ApplicationConfig application = new ApplicationConfig("shop-caller");
    application.setQosEnable(false);
    DubboBootstrap.getInstance().application(application);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    out.println("READY");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(JSON.toJSONString(outcome(JSON.parseObject(line))));
    }
    // Dubbo's own threads would keep the JVM alive.
    System.exit(0);
  }

  private static Map<String, Object> outcome(JSONObject asked) {
    String name = asked.getString("tier");
    String address = asked.getString("address");
    String version = asked.getString("version");
    Tier tier = REFERENCES.computeIfAbsent(
        name + " " + address + " " + version, unused -> Tiers.reference(name, address, version));
    try {
      List<List<String>> answers = new ArrayList<>();
      for (int i = 0; i < asked.getIntValue("count"); i++) {
        asked.getJSONObject("attachments")
            .forEach((key, value) -> RpcContext.getClientAttachment().setAttachment(key, (String) value));
        answers.add(tier.call());
      }
      return Map.of("answers", answers);
    } catch (RuntimeException e) {
      e.printStackTrace();
      return Map.of("error", String.valueOf(e.getCause() == null ? e : e.getCause()));
    }
  }
}
