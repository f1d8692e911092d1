package io.meltemi.interop.api;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What the checks call. Each method is there for one way of using the protocol. */
public interface GreeterService {
  /** The name of the provider that answers: which version a call reached. */
  String whoAmI();

  /** `who` with the provider's name in front: joins an answer to its call and to its version. */
  String greet(String who);

  String echo(String text);

  byte[] echoBytes(byte[] bytes);

  Order echoOrder(Order order);

  Customer echoCustomer(Customer customer);

  Person echoPerson(Person person);

  Zoo echoZoo(Zoo zoo);

  List<Object> echoList(List<Object> values);

  Map<String, Object> echoMap(Map<String, Object> values);

  BigDecimal sum(List<BigDecimal> values);

  /** Whether both arguments arrived as one object. */
  boolean same(Person one, Person other);

  /** All arguments as text, in order. */
  String describe(
      byte b, short s, int i, long l, boolean z, char c, float f, double d, Integer boxed, int[] ints, long[] longs,
      double[] doubles, boolean[] booleans, String[] strings, String[][] table, OrderStatus status, Class<?> type);

  /** What the provider saw; a value that is no text as `class:text`. */
  Map<String, String> attachments();

  /** One-way: recorded under `token`. */
  void fireAndForget(String token);

  /** Answers when the one-way call `token` has arrived, false after five seconds. */
  boolean arrived(String token);

  /** Answers when `release(token)` was called. That it waits is seen by `arrived(token + " held")`. */
  String hold(String token);

  void release(String token);

  /** Throws what `how` says: checked, runtime, foreign, error. */
  String fail(String how) throws GreetException;

  CompletableFuture<String> greetLater(String who);

  CompletableFuture<String> failLater(String how);

  /** Nothing to return: an answer without a value. */
  void nothing();

  /** Returns null. */
  String nullText();
}
