package io.meltemi.interop.server;

import io.meltemi.interop.api.Customer;
import io.meltemi.interop.api.GreetException;
import io.meltemi.interop.api.GreeterService;
import io.meltemi.interop.api.Order;
import io.meltemi.interop.api.OrderStatus;
import io.meltemi.interop.api.Person;
import io.meltemi.interop.api.Zoo;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.dubbo.rpc.RpcContext;

/** The provider. `node` is the name it answers under. */
public final class GreeterImpl implements GreeterService {
  private static final long WAIT_SECONDS = 5;

  private final String node;
  private final Map<String, CountDownLatch> latches = new ConcurrentHashMap<>();

  public GreeterImpl(String node) {
    this.node = node;
  }

  @Override
  public String whoAmI() {
    return node;
  }

  @Override
  public String greet(String who) {
    return node + " greets " + who;
  }

  @Override
  public String echo(String text) {
    return text;
  }

  @Override
  public byte[] echoBytes(byte[] bytes) {
    return bytes;
  }

  @Override
  public Order echoOrder(Order order) {
    return order;
  }

  @Override
  public Customer echoCustomer(Customer customer) {
    return customer;
  }

  @Override
  public Person echoPerson(Person person) {
    return person;
  }

  @Override
  public Zoo echoZoo(Zoo zoo) {
    return zoo;
  }

  @Override
  public List<Object> echoList(List<Object> values) {
    return values;
  }

  @Override
  public Map<String, Object> echoMap(Map<String, Object> values) {
    return values;
  }

  @Override
  public BigDecimal sum(List<BigDecimal> values) {
    return values.stream().reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  @Override
  public boolean same(Person one, Person other) {
    return one == other;
  }

  @Override
  public String describe(
      byte b, short s, int i, long l, boolean z, char c, float f, double d, Integer boxed, int[] ints, long[] longs,
      double[] doubles, boolean[] booleans, String[] strings, String[][] table, OrderStatus status, Class<?> type) {
    return String.join(
        "|",
        List.of(
            "" + b, "" + s, "" + i, "" + l, "" + z, "" + c, "" + f, "" + d, "" + boxed, Arrays.toString(ints),
            Arrays.toString(longs), Arrays.toString(doubles), Arrays.toString(booleans), Arrays.toString(strings),
            Arrays.deepToString(table), "" + status, "" + type));
  }

  @Override
  public Map<String, String> attachments() {
    Map<String, String> seen = new TreeMap<>();
    RpcContext.getServerAttachment()
        .getObjectAttachments()
        .forEach((key, value) ->
            seen.put(key, value instanceof String text ? text : value.getClass().getName() + ":" + value));
    return seen;
  }

  @Override
  public void fireAndForget(String token) {
    latch(token).countDown();
  }

  @Override
  public boolean arrived(String token) {
    return await(token);
  }

  @Override
  public String hold(String token) {
    latch(token + " held").countDown();
    return await(token) ? node + " released " + token : "never released";
  }

  @Override
  public void release(String token) {
    latch(token).countDown();
  }

  @Override
  public String fail(String how) throws GreetException {
    switch (how) {
      case "checked" -> throw new GreetException(42, "checked: é 书 \uD83D\uDE00");
      case "runtime" -> throw new IllegalStateException("runtime");
      case "foreign" -> throw new ForeignException("foreign, by " + node);
      default -> throw new AssertionError("error, by " + node);
    }
  }

  @Override
  public CompletableFuture<String> greetLater(String who) {
    return CompletableFuture.supplyAsync(() -> node + " greets later " + who);
  }

  @Override
  public CompletableFuture<String> failLater(String how) {
    return CompletableFuture.failedFuture(new GreetException(43, how));
  }

  @Override
  public void nothing() {}

  @Override
  public String nullText() {
    return null;
  }

  private CountDownLatch latch(String token) {
    return latches.computeIfAbsent(token, unused -> new CountDownLatch(1));
  }

  private boolean await(String token) {
    try {
      return latch(token).await(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
