package io.meltemi.interop.client;

import io.meltemi.interop.api.GreeterService;
import java.util.List;
import java.util.Random;

/** Messages of up to some mebibytes; the attachment that decides stands at their end. */
final class SizeChecks {
  private static final int MEBIBYTE = 1 << 20;

  private SizeChecks() {}

  static void run(Report report, Target target) {
    GreeterService greeter = target.greeter();
    for (String user : List.of("jason", "other")) {
      report.check("size: 1 MiB of bytes, " + user, () -> bytes(target, greeter, user, MEBIBYTE));
      report.check("size: 1 MiB of ASCII, " + user, () -> text(target, greeter, user, "x".repeat(MEBIBYTE)));
      report.check("size: 1 MiB of Chinese, " + user, () -> text(target, greeter, user, "书".repeat(MEBIBYTE / 3)));
      report.check("size: 1 MiB of emoji, " + user, () -> text(target, greeter, user, "a" + "😀".repeat(MEBIBYTE / 6)));
    }
    report.check("size: 8 MiB of bytes", () -> bytes(target, greeter, "jason", 8 * MEBIBYTE));
    report.check("size: around the chunks of Hessian", () -> {
      for (int length : new int[] {31, 32, 1_023, 1_024, 4_095, 4_096, 8_189, 8_192, 32_767, 32_768, 32_769, 65_535, 65_536}) {
        bytes(target, greeter, "jason", length);
        text(target, greeter, "jason", "y".repeat(length));
        text(target, greeter, "jason", "é".repeat(length));
      }
      return "equal";
    });
  }

  private static Object bytes(Target target, GreeterService greeter, String user, int length) throws Exception {
    byte[] sent = new byte[length];
    new Random(length).nextBytes(sent);
    Report.same(sent, target.as(user, () -> greeter.echoBytes(sent)));
    return length + " bytes";
  }

  private static Object text(Target target, GreeterService greeter, String user, String sent) throws Exception {
    Report.same(sent, target.as(user, () -> greeter.echo(sent)));
    return sent.length() + " chars";
  }
}
