package io.meltemi.interop.client;

import com.alibaba.fastjson2.JSON;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Runs checks and prints one line of JSON for each: `{"name":…,"ok":…,"detail":…}`. */
final class Report {
  /** What a check does. It returns what is worth a line in the log; a throw is a failure. */
  interface Body {
    Object run() throws Throwable;
  }

  /** A call that is expected to fail. */
  interface Call {
    void run() throws Throwable;
  }

  private static final int MAX_DETAIL_CHARS = 400;

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

  void check(String name, Body body) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("name", name);
    try {
      line.put("detail", shortened(String.valueOf(body.run())));
      line.put("ok", true);
    } catch (Throwable e) {
      line.put("detail", reason(e));
      line.put("ok", false);
      e.printStackTrace();
    }
    out.println(JSON.toJSONString(line));
  }

  /** Has whoever runs this program do something, and waits for its word (a line on stdin) that it is done. */
  void step(String name) throws IOException {
    out.println(JSON.toJSONString(Map.of("step", name)));
    if (in.readLine() == null) throw new IOException("stdin ended while waiting for the step " + name);
  }

  static void same(Object expected, Object actual) {
    if (!Objects.deepEquals(expected, actual)) {
      throw new AssertionError("expected " + shortened(text(expected)) + ", got " + shortened(text(actual)));
    }
  }

  static void that(boolean holds, String otherwise) {
    if (!holds) throw new AssertionError(otherwise);
  }

  static <E extends Throwable> E thrown(Class<E> type, Call call) {
    try {
      call.run();
    } catch (Throwable e) {
      if (type.isInstance(e)) return type.cast(e);
      throw new AssertionError("expected " + type.getName() + ", got " + e, e);
    }
    throw new AssertionError("expected " + type.getName() + ", got an answer");
  }

  /** Dubbo's own words are long and say little; the cause says what happened on the wire. */
  private static String reason(Throwable e) {
    return e.getCause() == null ? shortened(e.toString()) : reason(e.getCause()) + " ← " + shortened(e.toString());
  }

  private static String text(Object value) {
    return value instanceof byte[] bytes ? bytes.length + " bytes" : String.valueOf(value);
  }

  private static String shortened(String text) {
    return text.length() <= MAX_DETAIL_CHARS ? text : text.substring(0, MAX_DETAIL_CHARS) + "… (" + text.length() + " chars)";
  }
}
