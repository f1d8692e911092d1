package io.meltemi.interop.api;

import java.io.Serializable;
import java.util.Objects;

public class Customer implements Serializable {
  private static final long serialVersionUID = 1L;

  public String name;
  public String email;
  public Integer age;

  public Customer() {}

  public Customer(String name, String email, Integer age) {
    this.name = name;
    this.email = email;
    this.age = age;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Customer that
        && Objects.equals(name, that.name)
        && Objects.equals(email, that.email)
        && Objects.equals(age, that.age);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, email, age);
  }
}
