package io.meltemi.interop.api;

public enum OrderStatus {
  OPEN,
  PAID,
  SHIPPED
}
