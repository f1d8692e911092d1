package io.meltemi.interop.jprotobuf;

import com.baidu.bjf.remoting.protobuf.FieldType;
import com.baidu.bjf.remoting.protobuf.annotation.Protobuf;

/** Request and answer alike: one text. */
public class EchoMessage {
  @Protobuf(fieldType = FieldType.STRING, order = 1, required = true)
  private String text;

  public EchoMessage() {}

  public EchoMessage(String text) {
    this.text = text;
  }

  public String getText() {
    return text;
  }

  public void setText(String text) {
    this.text = text;
  }
}
