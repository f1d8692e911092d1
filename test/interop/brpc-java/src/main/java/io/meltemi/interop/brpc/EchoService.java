package io.meltemi.interop.brpc;

import com.baidu.brpc.protocol.BrpcMeta;

public interface EchoService {
  /** The text as it came. */
  @BrpcMeta(serviceName = "example.EchoService", methodName = "Echo")
  EchoMessage echo(EchoMessage text);

  /** Who answers, and the key-values that arrived. The attachment comes back. */
  @BrpcMeta(serviceName = "example.EchoService", methodName = "WhoAmI")
  EchoMessage whoAmI(EchoMessage nothing);

  /** Who answers; a new method, which only v2 serves. */
  @BrpcMeta(serviceName = "example.EchoService", methodName = "EchoNew")
  EchoMessage echoNew(EchoMessage nothing);

  @BrpcMeta(serviceName = "example.EchoService", methodName = "Fail")
  EchoMessage fail(EchoMessage how);
}
