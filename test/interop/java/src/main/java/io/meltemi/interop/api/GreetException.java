package io.meltemi.interop.api;

/** The checked exception of the interface. */
public class GreetException extends Exception {
  private static final long serialVersionUID = 1L;

  private int code;

  public GreetException() {}

  public GreetException(int code, String message) {
    super(message);
    this.code = code;
  }

  public int getCode() {
    return code;
  }
}
