package io.meltemi.interop.server;

/** A runtime exception that the consumer's interface does not know: Dubbo's provider turns it into a RuntimeException. */
class ForeignException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ForeignException(String message) {
    super(message);
  }
}
