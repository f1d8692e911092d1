package io.meltemi.interop.jprotobuf;

import com.baidu.jprotobuf.pbrpc.ProtobufRPC;

public interface EchoService {
  String NAME = "example.EchoService";
  int TIMEOUT_MS = 10_000;

  /** The text as it came. The attachment comes back. */
  @ProtobufRPC(serviceName = NAME, methodName = "Echo", onceTalkTimeout = TIMEOUT_MS, attachmentHandler = Attachments.class)
  EchoMessage echo(EchoMessage text);

  /** Who answers. */
  @ProtobufRPC(serviceName = NAME, methodName = "WhoAmI", onceTalkTimeout = TIMEOUT_MS)
  EchoMessage whoAmI(EchoMessage nothing);

  /** Who answers; a new method, which only v2 serves. */
  @ProtobufRPC(serviceName = NAME, methodName = "EchoNew", onceTalkTimeout = TIMEOUT_MS)
  EchoMessage echoNew(EchoMessage nothing);

  @ProtobufRPC(serviceName = NAME, methodName = "Fail", onceTalkTimeout = TIMEOUT_MS)
  EchoMessage fail(EchoMessage how);
}
