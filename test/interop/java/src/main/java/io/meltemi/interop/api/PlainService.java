package io.meltemi.interop.api;

/** A service for which no route asks for an attachment. */
public interface PlainService {
  String whoAmI();

  String echo(String text);

  Order echoOrder(Order order);
}
