package io.meltemi.interop;

import java.util.HashMap;
import java.util.Map;

/** `--name value` pairs of a command line. */
public final class Options {
  private final Map<String, String> values = new HashMap<>();

  public Options(String[] arguments) {
    if (arguments.length % 2 != 0) throw new IllegalArgumentException("Give every option a value: --name value");
    for (int i = 0; i < arguments.length; i += 2) {
      if (!arguments[i].startsWith("--")) throw new IllegalArgumentException("Not an option: " + arguments[i]);
      values.put(arguments[i].substring(2), arguments[i + 1]);
    }
  }

  public String get(String name, String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  public String get(String name) {
    String value = values.get(name);
    if (value == null) throw new IllegalArgumentException("Missing: --" + name);
    return value;
  }

  public int integer(String name, int otherwise) {
    return values.containsKey(name) ? Integer.parseInt(values.get(name)) : otherwise;
  }
}
