package io.meltemi.interop.client;

import io.meltemi.interop.api.GreeterService;
import io.meltemi.interop.api.OrderStatus;
import java.util.Arrays;

/** One set of all primitive arguments; Hessian writes small, middle and large values in forms of different length. */
final class Scalars {
  static final Scalars SMALL = new Scalars("small", 1, 1L, 1.0, 2);
  static final Scalars MIDDLE = new Scalars("middle", -3_000, 200_000L, -1_234.5, 12);
  static final Scalars LARGE = new Scalars("large", Integer.MIN_VALUE, Long.MAX_VALUE, Math.PI, 300);

  final String name;
  private final int i;
  private final long l;
  private final double d;
  private final int length;

  private Scalars(String name, int i, long l, double d, int length) {
    this.name = name;
    this.i = i;
    this.l = l;
    this.d = d;
    this.length = length;
  }

  String describe(GreeterService greeter) {
    int[] ints = new int[length];
    Arrays.fill(ints, i);
    long[] longs = new long[length];
    Arrays.fill(longs, l);
    double[] doubles = new double[length];
    Arrays.fill(doubles, d);
    String[] strings = new String[length];
    Arrays.fill(strings, "é" + l);
    return greeter.describe(
        (byte) i, (short) i, i, l, i > 0, 'é', (float) d, d, i > 0 ? null : Integer.valueOf(i), ints, longs, doubles,
        new boolean[length], strings, new String[][] {strings, {}, null}, OrderStatus.SHIPPED, String.class);
  }
}
