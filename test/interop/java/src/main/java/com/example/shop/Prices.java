package com.example.shop;

/** What clients ask for, more often than they may. */
public interface Prices {
  String list();

  String search();
}
