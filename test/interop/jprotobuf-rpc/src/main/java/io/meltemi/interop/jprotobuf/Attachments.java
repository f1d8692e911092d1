package io.meltemi.interop.jprotobuf;

import com.baidu.jprotobuf.pbrpc.ClientAttachmentHandler;

/** The attachment that the calls of this thread have, and the one that came back last. */
public class Attachments implements ClientAttachmentHandler {
  static final ThreadLocal<byte[]> SENT = new ThreadLocal<>();
  static volatile byte[] received;

  @Override
  public byte[] handleRequest(String service, String method, Object... arguments) {
    return SENT.get();
  }

  @Override
  public void handleResponse(byte[] attachment, String service, String method, Object... arguments) {
    received = attachment;
  }
}
