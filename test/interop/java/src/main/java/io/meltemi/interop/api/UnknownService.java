package io.meltemi.interop.api;

/** A service that nobody provides and no configuration names. */
public interface UnknownService {
  String echo(String text);
}
