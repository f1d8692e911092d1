package io.meltemi.interop.jprotobuf;

import static io.meltemi.interop.jprotobuf.Report.check;
import static io.meltemi.interop.jprotobuf.Report.same;
import static io.meltemi.interop.jprotobuf.Report.thrown;

import com.baidu.jprotobuf.pbrpc.client.ProtobufRpcProxy;
import com.baidu.jprotobuf.pbrpc.transport.RpcClient;
import com.baidu.jprotobuf.pbrpc.transport.RpcClientOptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** `HOST:PORT MESH`: calls with jprotobuf-rpc. With Meltemi (true) the method EchoNew is answered by v2. */
public final class Client {
  private static final String MEBIBYTE = "x".repeat(1 << 20);
  private static final long CHUNK_BYTES = 70_000;
  private static final int THREADS = 8;
  private static final int CALLS = 50;

  private final String host;
  private final int port;
  private final String second;

  private Client(String address, boolean mesh) {
    String[] parts = address.split(":");
    this.host = parts[0];
    this.port = Integer.parseInt(parts[1]);
    this.second = mesh ? "v2" : "v1";
  }

  public static void main(String[] args) {
    new Client(args[0], Boolean.parseBoolean(args[1])).run();
    System.out.flush();
    // The library's threads are no daemons.
    Runtime.getRuntime().halt(0);
  }

  private EchoService proxy(long chunkBytes) {
    RpcClientOptions options = new RpcClientOptions();
    options.setShareThreadPoolUnderEachProxy(true);
    options.setInnerResuePool(true);
    options.setThreadPoolSize(1);
    options.setChunkSize(chunkBytes);
    ProtobufRpcProxy<EchoService> proxy = new ProtobufRpcProxy<>(new RpcClient(options), EchoService.class);
    proxy.setHost(host);
    proxy.setPort(port);
    return proxy.proxy();
  }

  private void run() {
    EchoService echo = proxy(-1);
    EchoService inChunks = proxy(CHUNK_BYTES);
    check("call: any method", () -> answer("v1", echo.whoAmI(new EchoMessage(""))));
    check("call: by method", () -> answer(second, echo.echoNew(new EchoMessage(""))));
    check("call: an attachment", () -> attachment(echo));
    check("call: 1 MiB each way", () -> answer(MEBIBYTE, echo.echo(new EchoMessage(MEBIBYTE))));
    check("call: 1 MiB each way, in chunks", () -> answer(MEBIBYTE, inChunks.echo(new EchoMessage(MEBIBYTE))));
    check("errors: an exception", () -> thrown("no é 书, by v1", () -> echo.fail(new EchoMessage("no é 书")).getText()));
    check("concurrency: 8 threads × 50 calls of both versions, in chunks and not", () -> concurrently(echo, inChunks));
  }

  private static String answer(String expected, EchoMessage actual) {
    same(expected, actual.getText());
    return expected.length() > 100 ? expected.length() + " characters" : expected;
  }

  private static String attachment(EchoService echo) {
    byte[] sent = MEBIBYTE.getBytes(StandardCharsets.UTF_8);
    Attachments.SENT.set(sent);
    echo.echo(new EchoMessage("text"));
    Attachments.SENT.remove();
    same(MEBIBYTE, new String(Attachments.received, StandardCharsets.UTF_8));
    return sent.length + " bytes";
  }

  private String concurrently(EchoService echo, EchoService inChunks) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      int first = thread;
      tasks.add(() -> {
        for (int i = 0; i < CALLS; i++) {
          answer("v1", echo.whoAmI(new EchoMessage("")));
          answer(second, echo.echoNew(new EchoMessage("")));
          String text = (first + "." + i).repeat(20_000);
          answer(text, (i % 2 == 0 ? echo : inChunks).echo(new EchoMessage(text)));
        }
        return null;
      });
    }
    for (Future<Void> done : threads.invokeAll(tasks)) done.get();
    threads.shutdown();
    return 3 * THREADS * CALLS + " calls answered right";
  }
}
