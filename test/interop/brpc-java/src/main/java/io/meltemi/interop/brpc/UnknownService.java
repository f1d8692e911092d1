package io.meltemi.interop.brpc;

import com.baidu.brpc.protocol.BrpcMeta;

/** Nobody provides it. */
public interface UnknownService {
  @BrpcMeta(serviceName = "example.UnknownService", methodName = "Echo")
  EchoMessage echo(EchoMessage text);
}
