package io.meltemi.interop.jprotobuf;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Runs checks and prints one line of JSON for each: `{"name":…,"ok":…,"detail":…}`. */
final class Report {
  /** What a check does. It returns what is worth a line in the log; a throw is a failure. */
  interface Body {
    String run() throws Throwable;
  }

  private static final int MAX_DETAIL_CHARS = 400;
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private Report() {}

  static void check(String name, Body body) {
    boolean ok = false;
    String detail;
    try {
      detail = body.run();
      ok = true;
    } catch (Throwable e) {
      detail = e.toString();
      e.printStackTrace();
    }
    OUT.println("{\"name\":" + quoted(name) + ",\"ok\":" + ok + ",\"detail\":" + quoted(shortened(detail)) + "}");
  }

  static void same(Object expected, Object actual) {
    if (!expected.equals(actual)) {
      throw new AssertionError("expected " + shortened(expected.toString()) + ", got " + shortened("" + actual));
    }
  }

  /** The error of a call that is expected to fail, which must have this in its text. */
  static String thrown(String text, Body call) {
    String answer;
    try {
      answer = call.run();
    } catch (Throwable e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (String.valueOf(cause.getMessage()).contains(text)) return cause.toString();
      }
      throw new AssertionError("expected an error with \"" + text + "\", got " + e, e);
    }
    throw new AssertionError("expected an error with \"" + text + "\", got the answer " + shortened(answer));
  }

  private static String shortened(String text) {
    return text.length() <= MAX_DETAIL_CHARS ? text : text.substring(0, MAX_DETAIL_CHARS) + "…";
  }

  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c < 0x20) json.append(String.format("\\u%04x", (int) c));
      else json.append(c == '"' || c == '\\' ? "\\" + c : String.valueOf(c));
    }
    return json.append('"').toString();
  }
}
