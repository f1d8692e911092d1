package io.meltemi.interop.brpc;

import com.baidu.brpc.RpcContext;
import com.baidu.brpc.server.RpcServer;
import com.baidu.brpc.server.RpcServerOptions;
import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.TreeMap;

/** `PORT NODE`: a server of brpc-java on the loopback address that answers as NODE. It prints READY when it serves. */
public final class Server {
  private static final int BUFFER_BYTES = 8 << 20;

  /** What it serves. */
  public static final class Echo implements EchoService {
    private final String node;

    Echo(String node) {
      this.node = node;
    }

    @Override
    public EchoMessage echo(EchoMessage text) {
      return text;
    }

    @Override
    public EchoMessage whoAmI(EchoMessage nothing) {
      RpcContext context = RpcContext.getContext();
      ByteBuf attachment = context.getRequestBinaryAttachment();
      if (attachment != null && attachment.isReadable()) context.setResponseBinaryAttachment(attachment.copy());
      Map<String, Object> values = context.getRequestKvAttachment();
      return new EchoMessage(node + " " + (values == null ? "{}" : new TreeMap<>(values)));
    }

    @Override
    public EchoMessage echoNew(EchoMessage nothing) {
      return new EchoMessage(node);
    }

    @Override
    public EchoMessage fail(EchoMessage how) {
      throw new IllegalStateException(how.getText() + ", by " + node);
    }
  }

  private Server() {}

  public static void main(String[] args) throws InterruptedException {
    RpcServerOptions options = new RpcServerOptions();
    options.setReceiveBufferSize(BUFFER_BYTES);
    options.setSendBufferSize(BUFFER_BYTES);
    options.setIoThreadNum(1);
    options.setWorkThreadNum(4);
    RpcServer server = new RpcServer("127.0.0.1", Integer.parseInt(args[0]), options);
    server.registerService(new Echo(args[1]));
    server.start();
    System.out.println("READY " + args[1]);
    Thread.currentThread().join();
  }
}
