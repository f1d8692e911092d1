package io.meltemi.interop.transport;

import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.dubbo.common.URL;
import org.apache.dubbo.remoting.Channel;
import org.apache.dubbo.remoting.ChannelHandler;
import org.apache.dubbo.remoting.Client;
import org.apache.dubbo.remoting.RemotingException;
import org.apache.dubbo.remoting.RemotingServer;
import org.apache.dubbo.remoting.Transporter;
import org.apache.dubbo.remoting.exchange.Request;
import org.apache.dubbo.remoting.exchange.Response;
import org.apache.dubbo.remoting.transport.netty4.NettyClient;
import org.apache.dubbo.remoting.transport.netty4.NettyServer;

/**
 * Netty on loopback, or on the address of the parameter "listen". Dubbo binds every "127.*" as 0.0.0.0 and turns a "127.*" it is told to connect to into the machine's
 * first other address; here both are taken as they stand. It also counts what the checks ask about: connections opened, and
 * heartbeats seen.
 */
public final class LoopbackTransporter implements Transporter {
  /** Connections opened by this JVM's consumers, reconnects included. */
  public static final AtomicInteger CONNECTS = new AtomicInteger();

  /** Heartbeats of the peer that arrived at this JVM's consumers, and answers to their own. */
  public static final AtomicInteger HEARTBEAT_REQUESTS = new AtomicInteger();

  public static final AtomicInteger HEARTBEAT_ANSWERS = new AtomicInteger();

  /** Notices of a peer that it takes no new calls. */
  public static final AtomicInteger READ_ONLY_EVENTS = new AtomicInteger();

  @Override
  public RemotingServer bind(URL url, ChannelHandler handler) throws RemotingException {
    return new LoopbackServer(url, handler);
  }

  @Override
  public Client connect(URL url, ChannelHandler handler) throws RemotingException {
    return new LoopbackClient(url, handler);
  }

  private static final class LoopbackServer extends NettyServer {
    LoopbackServer(URL url, ChannelHandler handler) throws RemotingException {
      super(url, handler);
    }

    @Override
    public InetSocketAddress getBindAddress() {
      return new InetSocketAddress(getUrl().getParameter("listen", "127.0.0.1"), getUrl().getPort());
    }
  }

  private static final class LoopbackClient extends NettyClient {
    LoopbackClient(URL url, ChannelHandler handler) throws RemotingException {
      super(url, handler);
    }

    @Override
    public InetSocketAddress getConnectAddress() {
      return new InetSocketAddress(getUrl().getHost(), getUrl().getPort());
    }

    @Override
    public void connected(Channel channel) throws RemotingException {
      CONNECTS.incrementAndGet();
      super.connected(channel);
    }

    @Override
    public void received(Channel channel, Object message) throws RemotingException {
      if (message instanceof Request request && request.isEvent()) {
        (request.isHeartbeat() ? HEARTBEAT_REQUESTS : READ_ONLY_EVENTS).incrementAndGet();
      } else if (message instanceof Response response && response.isHeartbeat()) {
        HEARTBEAT_ANSWERS.incrementAndGet();
      }
      super.received(channel, message);
    }
  }
}
