package io.meltemi.interop.shop;

import com.example.shop.Front;
import com.example.shop.Orders;
import com.example.shop.Stock;
import com.example.shop.Tier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.dubbo.rpc.RpcContext;
import org.apache.dubbo.rpc.RpcContextAttachment;

/**
 * Any of the tiers. It answers with its name, and hands on what it was told: by `family`, the caller's, it chooses which of the next tier's
 * addresses it dials.
 */
final class TierImpl implements Front, Orders, Stock {
  private static final List<String> HANDED_ON = List.of("clientVersion", "providerVersion", "family");

  private final String node;
  private final Map<String, Tier> next;

  /** `next`: the next tier by families; none behind the last one. */
  TierImpl(String node, Map<String, Tier> next) {
    this.node = node;
    this.next = next;
  }

  @Override
  public List<String> call() {
    RpcContextAttachment told = RpcContext.getServerAttachment();
    List<String> answer = new ArrayList<>();
    answer.add(node + " " + told("clientVersion") + " " + told("providerVersion"));
    if (!next.isEmpty()) {
      Tier behind = next.get(told("family"));
      if (behind == null) throw new IllegalArgumentException("no family: " + told("family"));
      HANDED_ON.stream()
          .filter(name -> told.getAttachment(name) != null)
          .forEach(name -> RpcContext.getClientAttachment().setAttachment(name, told.getAttachment(name)));
      answer.addAll(behind.call());
    }
    return answer;
  }

  private static String told(String name) {
    return Objects.requireNonNullElse(RpcContext.getServerAttachment().getAttachment(name), "-");
  }
}
