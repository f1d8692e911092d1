import { splitWords } from "./message-text.js";

/**
 * One line of a ```calls block. Names: `client` or any other name with `connects` is a client; everything else a cluster, on the
 * only client's connection or, as CLUSTER/CLIENT, on that client's; its newest tunnel or, as CLUSTER#N, its Nth.
 *
 *     client connects [LISTENER [PROTOCOL]]                         to a listener that detects what it speaks: PROTOCOL
 *     client closes     client ends                                 what the client does; `ends`: only its side
 *     client dialled ADDRESS                                        Envoy says that it did; before its first call
 *     client has PROPERTY VALUE                                     Envoy says so of its connection; before its first call
 *     NAME > MESSAGE                                                NAME sends
 *     NAME < KIND ID                                                NAME receives next what was sent as KIND ID, byte for byte
 *     NAME < as MESSAGE                                             NAME receives this next, byte for byte: the filter has changed it
 *     client < reply ID STATUS "…"                                  … a reply that the filter made, with this in its text
 *     NAME <~ KIND ID                                               the same, at any place among what it received
 *     NAME got N                                                    … or N bytes that are no whole message (`something`: any number)
 *     NAME nothing                                                  NAME has received nothing more
 *     client closed                                                 the filter has closed the connection
 *     CLUSTER refuses UF|UH|UO|NC     CLUSTER waits    CLUSTER accepts     what becomes of its next tunnels, and of waiting ones
 *     CLUSTER refuses UF once                                       of waiting ones alone: the next are accepted
 *     CLUSTER ends     CLUSTER resets                               its connection ends, by FIN or by RST
 *     CLUSTER lingers                                               it does not end its connection when the filter has
 *     CLUSTER leads N                                               its next tunnels lead to its host N; 0: each to one of its own
 *     CLUSTER ring N                                                N hosts are on its ring: bucket 0 leads to its host 1, bucket N to it again
 *     CLUSTER ended end|reset                                       the filter has ended the tunnel, by END_STREAM or RST_STREAM
 *     CLUSTER opened N                                              so many tunnels were opened to it so far
 *     CLUSTER grants N     client grants N                          N bytes of window, for the tunnel or its connection
 *     CLUSTER stuck MIN                                             the filter's window holds back at least so much of its answers
 *     client held MIN [MAX]                                         so many bytes stay in the client's read buffer
 *     client goaway [final]     client ping                         HCM sends that on the client's connection
 *     service asked DOMAIN HITS KEY=VALUE,…;…                       the next request to a rate limit service, its descriptors one behind the other
 *     service says OK|OVER_LIMIT [REMAINING [SECONDS]]              it answers the oldest that was asked: what is left, when the limit begins anew
 *     service fails    service idle    service missing CLUSTER      it does not answer; nothing more is asked; there is no such cluster
 *     counter NAME N                                                of a counter or a gauge
 *     log "…"     unlogged "…"     loglevel info|debug              a line of the log has it; none has it; what Envoy is to log from now on
 *     tick [MS]                                                     time passes, a second if not said
 */
export interface Step {
  subject: string;
  verb: string;
  rest: string;
  words: string[];
  line: number;
}

export function parseScript(text: string, firstLine: number): Step[] {
  return text.split("\n").flatMap((source, i) => {
    const line = source.replace(/(^|\s)#.*/, "").trim();
    if (!line) return [];
    const [, subject = "", verb = "", rest = ""] = /^(\S+)\s*(\S*)\s*(.*)$/.exec(line) ?? [];
    return [{ subject, verb, rest, words: splitWords(rest), line: firstLine + i }];
  });
}
