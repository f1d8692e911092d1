package io.meltemi.interop.client;

import io.meltemi.interop.api.Customer;
import io.meltemi.interop.api.GreeterService;
import io.meltemi.interop.api.Order;
import io.meltemi.interop.api.OrderLine;
import io.meltemi.interop.api.OrderStatus;
import io.meltemi.interop.api.Person;
import io.meltemi.interop.api.Zoo;
import io.meltemi.interop.server.GreeterImpl;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Arguments of every type. All calls are jason's: whoever routes them has to find the attachment behind the arguments. */
final class TypeChecks {
  private TypeChecks() {}

  static void run(Report report, Target target) {
    GreeterService greeter = target.greeter();
    report.check("types: an object of many kinds", () -> {
      Order order = order();
      Report.same(order, target.as("jason", () -> greeter.echoOrder(order)));
      return "equal";
    });
    report.check("types: null as object", () -> {
      Report.same(null, target.as("jason", () -> greeter.echoOrder(null)));
      return "null";
    });
    report.check("types: an object of nulls", () -> {
      Report.same(new Order(), target.as("jason", () -> greeter.echoOrder(new Order())));
      return "equal";
    });
    report.check("types: references to itself and shared", () -> graph(target, greeter));
    report.check("types: one object as two arguments", () -> {
      Person person = new Person("Ann");
      Report.same(true, target.as("jason", () -> greeter.same(person, person)));
      return "one object";
    });
    report.check("types: twenty classes", () -> {
      Zoo zoo = new Zoo();
      zoo.a.id = 1;
      zoo.p.id = 1 << 20;
      zoo.t.id = -300;
      Report.same(zoo.census(), target.as("jason", () -> greeter.echoZoo(zoo)).census());
      return zoo.census();
    });
    report.check("types: lists", () -> lists(target, greeter));
    report.check("types: maps", () -> maps(target, greeter));
    report.check("types: big numbers", () -> {
      List<BigDecimal> values = List.of(new BigDecimal("1e400"), new BigDecimal("-0.00000000001"), BigDecimal.TEN);
      BigDecimal sum = new GreeterImpl("here").sum(values);
      Report.same(sum, target.as("jason", () -> greeter.sum(new ArrayList<>(values))));
      return "equal";
    });
    for (Scalars scalars : List.of(Scalars.SMALL, Scalars.MIDDLE, Scalars.LARGE)) {
      report.check("types: all primitives, " + scalars.name, () -> {
        String expected = scalars.describe(new GreeterImpl("here"));
        Report.same(expected, target.as("jason", () -> scalars.describe(greeter)));
        return expected;
      });
    }
  }

  static Order order() {
    Order order = new Order();
    order.id = 1L << 40;
    order.customer = new Customer("Zoë 书 😀", null, 41);
    OrderLine shared = new OrderLine("book", 2, new BigDecimal("12.50"));
    order.lines = new ArrayList<>(List.of(shared, new OrderLine("pen", 1_000_000, new BigDecimal("0.99")), shared));
    order.byArticle = new HashMap<>(Map.of("book", shared));
    order.notes = new TreeMap<>(Map.of(1, new ArrayList<>(List.of("a", "b")), -7, new LinkedList<>(List.of("c"))));
    order.tags = new LinkedHashSet<>(List.of("new", "gift"));
    order.status = OrderStatus.PAID;
    order.placedAt = new Date(1_700_000_000_123L);
    order.dueOn = LocalDate.of(2026, 12, 24);
    order.ledger = BigInteger.TWO.pow(200);
    order.weight = -0.125;
    order.signature = new byte[] {0, -1, 127, -128};
    order.bins = new int[] {1, -1, Integer.MAX_VALUE};
    order.labels = new String[] {"x", null, ""};
    return order;
  }

  private static Object graph(Target target, GreeterService greeter) throws Exception {
    Person ann = new Person("Ann");
    Person bob = new Person("Bob");
    ann.spouse = bob;
    bob.spouse = ann;
    ann.friends.addAll(List.of(bob, ann, bob));
    Person back = target.as("jason", () -> greeter.echoPerson(ann));
    Report.that(back.self == back, "the reference to itself is lost");
    Report.that(back.spouse.spouse == back, "the circle is lost");
    Report.that(back.friends.get(0) == back.spouse && back.friends.get(1) == back, "the shared references are lost");
    return back.name;
  }

  private static Object lists(Target target, GreeterService greeter) throws Exception {
    List<Object> values = new ArrayList<>();
    values.add(null);
    values.add(Collections.emptyList());
    values.add(new ArrayList<>(List.of(1, 2, 3, 4, 5, 6, 7, 8, 9)));
    values.add(new LinkedList<>(List.of("linked", "list")));
    values.add(new ArrayList<>(List.of(new Date(0), new Date(60_000), 1.5, -1.0, 0.0, 1e300, true, false)));
    values.add("s".repeat(40_000));
    values.add(new byte[5_000]);
    values.add(Long.MIN_VALUE);
    Report.same(8, target.as("jason", () -> greeter.echoList(values)).size());
    List<Object> back = target.as("jason", () -> greeter.echoList(values));
    for (int i = 0; i < values.size(); i++) Report.same(values.get(i), back.get(i));
    return "equal";
  }

  private static Object maps(Target target, GreeterService greeter) throws Exception {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("", "empty key");
    values.put("null", null);
    values.put(null, "null key");
    values.put("user", "not the attachment");
    values.put("nested", new HashMap<>(Map.of("user", "nor this", "list", new ArrayList<>(Arrays.asList(1, null)))));
    Report.same(values, target.as("jason", () -> greeter.echoMap(values)));
    return "equal";
  }
}
