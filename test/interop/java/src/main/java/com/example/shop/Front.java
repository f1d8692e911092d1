package com.example.shop;

/** What clients call. */
public interface Front extends Tier {}
