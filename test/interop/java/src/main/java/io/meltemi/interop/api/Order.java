package io.meltemi.interop.api;

import java.io.Serializable;
import java.math.BigInteger;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** An argument that holds one of every kind: classes in classes, lists, maps, sets, arrays, dates, enums, big numbers, nulls. */
public class Order implements Serializable {
  private static final long serialVersionUID = 1L;

  public long id;
  public Customer customer;
  public List<OrderLine> lines;
  public Map<String, OrderLine> byArticle;
  public Map<Integer, List<String>> notes;
  public Set<String> tags;
  public OrderStatus status;
  public Date placedAt;
  public LocalDate dueOn;
  public BigInteger ledger;
  public double weight;
  public byte[] signature;
  public int[] bins;
  public String[] labels;
  public Object absent;

  @Override
  public boolean equals(Object other) {
    return other instanceof Order that
        && id == that.id
        && Objects.equals(customer, that.customer)
        && Objects.equals(lines, that.lines)
        && Objects.equals(byArticle, that.byArticle)
        && Objects.equals(notes, that.notes)
        && Objects.equals(tags, that.tags)
        && status == that.status
        && Objects.equals(placedAt, that.placedAt)
        && Objects.equals(dueOn, that.dueOn)
        && Objects.equals(ledger, that.ledger)
        && weight == that.weight
        && Arrays.equals(signature, that.signature)
        && Arrays.equals(bins, that.bins)
        && Arrays.equals(labels, that.labels)
        && Objects.equals(absent, that.absent);
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, customer, status);
  }
}
