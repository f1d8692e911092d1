package io.meltemi.interop.api;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** A node of a graph: references to itself and shared references. */
public class Person implements Serializable {
  private static final long serialVersionUID = 1L;

  public String name;
  public Person spouse;
  public Person self;
  public List<Person> friends = new ArrayList<>();

  public Person() {}

  public Person(String name) {
    this.name = name;
    this.self = this;
  }
}
