package io.meltemi.interop.brpc;

import static io.meltemi.interop.brpc.Report.check;
import static io.meltemi.interop.brpc.Report.same;
import static io.meltemi.interop.brpc.Report.thrown;

import com.baidu.brpc.RpcContext;
import com.baidu.brpc.client.BrpcProxy;
import com.baidu.brpc.client.RpcClient;
import com.baidu.brpc.client.RpcClientOptions;
import com.baidu.brpc.client.channel.ChannelType;
import com.baidu.brpc.protocol.Options;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** `HOST:PORT MESH`: calls with brpc-java on one connection. With Meltemi (true) user=jason is answered by v2. */
public final class Client {
  private static final String MEBIBYTE = "x".repeat(1 << 20);
  private static final int THREADS = 16;
  private static final int CALLS = 50;

  private final String address;
  private final boolean mesh;
  private final String second;
  private final EchoService echo;

  private Client(String address, boolean mesh) {
    this.address = address;
    this.mesh = mesh;
    this.second = mesh ? "v2" : "v1";
    this.echo = proxy(EchoService.class, Options.CompressType.COMPRESS_TYPE_NONE);
  }

  public static void main(String[] args) {
    Client client = new Client(args[0], Boolean.parseBoolean(args[1]));
    client.run();
    System.out.flush();
    // The library's threads are no daemons.
    Runtime.getRuntime().halt(0);
  }

  private <T> T proxy(Class<T> service, Options.CompressType compression) {
    RpcClientOptions options = new RpcClientOptions();
    options.setChannelType(ChannelType.SINGLE_CONNECTION);
    options.setReadTimeoutMillis(10_000);
    options.setWriteTimeoutMillis(10_000);
    options.setMaxTryTimes(1);
    options.setCompressType(compression);
    return BrpcProxy.getProxy(new RpcClient("list://" + address, options), service);
  }

  private void run() {
    check("call: without key-values", () -> node("v1", null));
    check("call: user=jason", () -> node(second, "jason"));
    check("call: user=other", () -> node("v1", "other"));
    check("call: key-values arrive", () -> {
      as("é 书 😀");
      String answer = echo.whoAmI(new EchoMessage("")).getText();
      same("v1 {user=é 书 😀}", answer);
      return answer;
    });
    check("call: by method", () -> {
      as(null);
      String answer = echo.echoNew(new EchoMessage("")).getText();
      same(second, answer);
      return answer;
    });
    for (String user : List.of("jason", "other")) {
      check("call: an attachment of 1 MiB, " + user, () -> attachment(user));
      check("call: 1 MiB each way, " + user, () -> text(echo, user, MEBIBYTE));
    }
    check("call: gzip", () -> text(proxy(EchoService.class, Options.CompressType.COMPRESS_TYPE_GZIP), "jason", MEBIBYTE));
    check("call: snappy", () -> text(proxy(EchoService.class, Options.CompressType.COMPRESS_TYPE_SNAPPY), "jason", MEBIBYTE));
    check("errors: an exception", () -> {
      as("jason");
      return thrown("no é 书, by " + second, () -> echo.fail(new EchoMessage("no é 书")).getText());
    });
    check("errors: an exception of many words", () -> {
      as("other");
      return thrown("y".repeat(3000) + ", by v1", () -> echo.fail(new EchoMessage("y".repeat(3000))).getText());
    });
    // Without Meltemi brpc-java's own server answers under the wrong id, and the call times out.
    if (mesh) check("errors: a service that nobody provides", () -> {
      as(null);
      UnknownService unknown = proxy(UnknownService.class, Options.CompressType.COMPRESS_TYPE_NONE);
      return thrown("example.UnknownService", () -> unknown.echo(new EchoMessage("x")).getText());
    });
    check("concurrency: 16 threads × 50 calls, jason and other in turns", this::concurrently);
  }

  private static RpcContext as(String user) {
    RpcContext context = RpcContext.getContext();
    context.reset();
    if (user != null) context.setRequestKvAttachment("user", user);
    return context;
  }

  private String node(String expected, String user) {
    as(user);
    String answer = echo.whoAmI(new EchoMessage("")).getText();
    same(expected, answer.substring(0, 2));
    return answer;
  }

  private String text(EchoService service, String user, String sent) {
    as(user);
    same(sent, service.echo(new EchoMessage(sent)).getText());
    return sent.length() + " characters";
  }

  private String attachment(String user) {
    byte[] sent = MEBIBYTE.getBytes(StandardCharsets.UTF_8);
    as(user).setRequestBinaryAttachment(Unpooled.wrappedBuffer(sent));
    echo.whoAmI(new EchoMessage(""));
    ByteBuf back = RpcContext.getContext().getResponseBinaryAttachment();
    same(MEBIBYTE, new String(ByteBufUtil.getBytes(back), StandardCharsets.UTF_8));
    return sent.length + " bytes";
  }

  private String concurrently() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      int first = thread;
      tasks.add(() -> {
        for (int i = 0; i < CALLS; i++) {
          boolean jason = (first + i) % 2 == 0;
          node(jason ? second : "v1", jason ? "jason" : "other");
          text(echo, jason ? "jason" : "other", first + "." + i);
        }
        return null;
      });
    }
    for (Future<Void> done : threads.invokeAll(tasks)) done.get();
    threads.shutdown();
    return 2 * THREADS * CALLS + " calls answered right";
  }
}
