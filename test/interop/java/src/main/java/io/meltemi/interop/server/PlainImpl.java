package io.meltemi.interop.server;

import io.meltemi.interop.api.Order;
import io.meltemi.interop.api.PlainService;

final class PlainImpl implements PlainService {
  private final String node;

  PlainImpl(String node) {
    this.node = node;
  }

  @Override
  public String whoAmI() {
    return node;
  }

  @Override
  public String echo(String text) {
    return text;
  }

  @Override
  public Order echoOrder(Order order) {
    return order;
  }
}
