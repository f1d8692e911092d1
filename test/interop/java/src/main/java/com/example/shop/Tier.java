package com.example.shop;

import java.util.List;

/** One of the services of a shop, which call one another: the front, its orders, and the stock. */
public interface Tier {
  /** Who has answered, this tier first, and the tiers behind it; each with the versions that it was told. */
  List<String> call();
}
