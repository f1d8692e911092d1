package io.meltemi.interop.api;

import java.io.Serializable;
import java.math.BigDecimal;
import java.util.Objects;

public class OrderLine implements Serializable {
  private static final long serialVersionUID = 1L;

  public String article;
  public int quantity;
  public BigDecimal price;

  public OrderLine() {}

  public OrderLine(String article, int quantity, BigDecimal price) {
    this.article = article;
    this.quantity = quantity;
    this.price = price;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof OrderLine that
        && Objects.equals(article, that.article)
        && quantity == that.quantity
        && Objects.equals(price, that.price);
  }

  @Override
  public int hashCode() {
    return Objects.hash(article, quantity, price);
  }
}
