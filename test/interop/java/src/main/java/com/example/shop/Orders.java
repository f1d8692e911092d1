package com.example.shop;

/** What the front calls. */
public interface Orders extends Tier {}
