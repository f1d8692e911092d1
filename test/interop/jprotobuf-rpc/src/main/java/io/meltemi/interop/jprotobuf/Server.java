package io.meltemi.interop.jprotobuf;

import com.baidu.jprotobuf.pbrpc.ProtobufRPCService;
import com.baidu.jprotobuf.pbrpc.ServerAttachmentHandler;
import com.baidu.jprotobuf.pbrpc.transport.RpcServer;
import com.baidu.jprotobuf.pbrpc.transport.RpcServerOptions;
import java.net.InetSocketAddress;

/** `PORT NODE`: a server of jprotobuf-rpc on the loopback address that answers as NODE. It prints READY when it serves. */
public final class Server {
  /** Its long answers come in packets of so many bytes. */
  private static final long CHUNK_BYTES = 100_000;

  /** What it serves. */
  public static final class Echo {
    private final String node;

    Echo(String node) {
      this.node = node;
    }

    @ProtobufRPCService(serviceName = EchoService.NAME, methodName = "Echo", attachmentHandler = SameAttachment.class)
    public EchoMessage echo(EchoMessage text) {
      return text;
    }

    @ProtobufRPCService(serviceName = EchoService.NAME, methodName = "WhoAmI")
    public EchoMessage whoAmI(EchoMessage nothing) {
      return new EchoMessage(node);
    }

    @ProtobufRPCService(serviceName = EchoService.NAME, methodName = "EchoNew")
    public EchoMessage echoNew(EchoMessage nothing) {
      return new EchoMessage(node);
    }

    @ProtobufRPCService(serviceName = EchoService.NAME, methodName = "Fail")
    public EchoMessage fail(EchoMessage how) {
      throw new IllegalStateException(how.getText() + ", by " + node);
    }
  }

  /** Sends attachments back. */
  public static final class SameAttachment implements ServerAttachmentHandler {
    @Override
    public byte[] handleAttachement(byte[] attachment, String service, String method, Object... arguments) {
      return attachment;
    }
  }

  private Server() {}

  public static void main(String[] args) throws InterruptedException {
    RpcServerOptions options = new RpcServerOptions();
    options.setChunkSize(CHUNK_BYTES);
    RpcServer server = new RpcServer(options);
    server.registerService(new Echo(args[1]));
    server.startSync(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])));
    System.out.println("READY " + args[1]);
    Thread.currentThread().join();
  }
}
