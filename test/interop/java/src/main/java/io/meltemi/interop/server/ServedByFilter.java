package io.meltemi.interop.server;

import org.apache.dubbo.common.constants.CommonConstants;
import org.apache.dubbo.common.extension.Activate;
import org.apache.dubbo.rpc.Filter;
import org.apache.dubbo.rpc.Invocation;
import org.apache.dubbo.rpc.Invoker;
import org.apache.dubbo.rpc.Result;
import org.apache.dubbo.rpc.RpcContext;

/** Every answer says in a response attachment which provider gave it. */
@Activate(group = CommonConstants.PROVIDER)
public final class ServedByFilter implements Filter {
  /** The provider's name; one JVM is one provider. */
  static volatile String node = "";

  @Override
  public Result invoke(Invoker<?> invoker, Invocation invocation) {
    RpcContext.getServerResponseContext().setAttachment("served-by", node);
    return invoker.invoke(invocation);
  }
}
