package com.example.shop;

/** What orders call. */
public interface Stock extends Tier {}
