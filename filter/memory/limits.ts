/** Every bound of the filter, in one place, each with its arithmetic or its source. */

/** Longest message accepted unless the configuration says otherwise. Dubbo's own default is 8 MiB. */
export const DEFAULT_MAX_MESSAGE_BYTES: u32 = 16 << 20;

/** What Envoy's read buffer holds before it stops reading, unless the configuration says otherwise: Envoy's own default. */
export const DEFAULT_READ_BUFFER_BYTES: u32 = 1 << 20;

/** Distinct attributes that the routes of one table may ask for: one bit each in a u64. */
export const MAX_SLOTS: i32 = 64;

/** Rules of all authorization policies of a listener: each connection keeps a bit for each, 512 B at most. */
export const MAX_AUTHORIZATION_RULES: u32 = 4096;

/** Longest principal that is looked at: SPIFFE's own bound. A certificate with a longer one names nobody. */
export const MAX_PRINCIPAL_BYTES: u32 = 2048;

/** Longest attribute value that can be matched. A longer one that a route asks for makes the message a bad one. */
export const MAX_ATTRIBUTE_BYTES: u32 = 8192;

/** Bytes of a command within which all its keys must be, where several have to be looked at: it is collected so far. */
export const MAX_KEYS_BYTES: u32 = 1 << 20;

/** Bytes of a command that sets something for its connection, and of all those together: they are said to each new upstream. */
export const MAX_SETTLING_BYTES: u32 = 4096;
export const MAX_SETTLED_BYTES: u32 = 16 << 10;

/**
 * Places at which one message is changed (codec/edits.ts): a rule for each attribute, and the lengths. A peer that writes one name over and over
 * makes more, and is refused. 16 bytes each.
 */
export const MAX_EDITS: u32 = 256;

/** Attributes that a route changes in the messages of one direction: one bit each in a u64. */
export const MAX_RULES: u32 = 64;

/** Names and values of those, and 12 bytes for each: a quarter of what the heads may have that some protocols keep attributes in. */
export const MAX_RULES_BYTES: u32 = 16 << 10;

/** Step by which the host's arena grows. */
export const ARENA_BYTES: usize = 64 << 10;

/** A region of the arena above this is given back after the read that needed it. */
export const ARENA_KEPT_BYTES: usize = 1 << 20;

/** First bytes of a read that are looked at: they cover the routing bytes of an ordinary call, and small reads whole. */
export const FIRST_FETCH_BYTES: u32 = 8 << 10;

/** What a scan for attributes behind the arguments must see at once to get further: the longest value, and its surroundings. */
export const SCAN_WINDOW_BYTES: u32 = 64 << 10;

/** What it is given at once: each time costs the host 9,000 instructions, and more would not stay in the processor's second cache. */
export const SCAN_FETCH_BYTES: u32 = 256 << 10;

/** Bytes of a message's head that are kept aside while the rest of the head is awaited from a tunnel. Most heads are shorter. */
export const SHORT_HEAD_BYTES: u32 = 64;

/** A longer head is held back until it is whole, up to this: what tells whose answer it is stands before it, in every protocol. */
export const MAX_HEAD_BYTES: u32 = 64 << 10;

/** What is kept of a call for an error reply to it, besides its id: a method's name. */
export const MAX_ECHO_BYTES: u32 = 512;

/**
 * Bytes that all peers together may make one VM keep (memory/kept.ts): a quarter of what 32-bit memory can address. The
 * connection that would exceed it is closed.
 */
export const MAX_KEPT_BYTES: u32 = 1 << 30;

/** The longest message that a configuration may allow: while its block grows it is kept twice, within MAX_KEPT_BYTES. */
export const MAX_CONFIGURED_MESSAGE_BYTES: u32 = 256 << 20;

/** A block of own replies above this is given back when they have gone. */
export const REPLY_BYTES_KEPT: u32 = 16 << 10;

/**
 * Own replies to a client that gets nothing else. They go out whether it reads or not, and Envoy's write buffer tells nobody how
 * full it is; but HCM stops reading from upstreams while it is, so an upstream's answer is proof that the client reads. Without
 * one for this many bytes (an error of 512 bytes for each call in flight) the connection is closed.
 */
export const MAX_UNPROVEN_REPLY_BYTES: u32 = 8 << 20;

/** Kept in the VM after a read that ended within a message's head; above it they go back to Envoy's buffer, which TCP feels. */
export const MAX_STASH_BYTES: u32 = 16 << 10;

/**
 * Tunnels of one connection. HCM closes a connection that opens one more than its MAX_CONCURRENT_STREAMS (1,024 by default);
 * each costs about 20 KB there.
 */
export const MAX_TUNNELS: u32 = 256;

/** Tunnels of one connection to one cluster, unless the configuration says otherwise. */
export const DEFAULT_MAX_TUNNELS_OF_CLUSTER: u32 = 16;

/** Calls in flight on a tunnel before another is opened, unless the configuration says otherwise. */
export const DEFAULT_CALLS_PER_TUNNEL: u32 = 100;

/** A tunnel that is so old takes no new calls, unless the configuration says otherwise. */
export const DEFAULT_MAX_TUNNEL_AGE_MS: u32 = 60_000;

/** A tunnel without a call in flight for so long is closed, unless the configuration says otherwise. */
export const DEFAULT_TUNNEL_IDLE_TIMEOUT_MS: u32 = 30_000;

/** Tunnels that may lead to a host that the connection has a tunnel to, before one of them is kept: there may be no other host. */
export const MAX_MISSED_SPREADS: u32 = 3;

/** Buckets of a consistent hash: hosts get shares that are even to one over the root of the buckets that each of them has. */
export const DEFAULT_BUCKETS: u32 = 256;
export const MAX_BUCKETS: u32 = 4096;

/** What a VM knows of buckets, 8 bytes each: 2 MiB, a thousand clusters with 256. Beyond it some are learned anew. */
export const MAX_BUCKET_ENTRIES: u32 = 1 << 18;

/** Tunnels of a connection to a cluster that are being opened for buckets at a time; a call for one more waits. */
export const MAX_OPENING_BY_HASH: u32 = 16;
/** Where so many are being opened, none is opened only to see where its bucket leads now. */
export const MAX_LOOKING_BY_HASH: u32 = 8;

/** How long the successor of a tunnel waits for it to end; calls that take longer go on without that. The clock moves once a second. */
export const MAKE_WAY_MS: u32 = 2_000;

/** After HCM has refused a tunnel that no call needed, for so long no other such tunnel is opened on the connection. */
export const SPARE_PAUSE_MS: u32 = 1_000;

/**
 * Bytes that are kept of what is sent on a tunnel that is being opened, to be sent again on another one if it is refused: what may be sent
 * before HCM's SETTINGS have come. Nothing is kept of a tunnel with more.
 */
export const MAX_UNSENT_BYTES: u32 = 65_535;

/** Refused tunnels after which the calls on them fail. HCM tries up to four hosts for each. */
export const MAX_REFUSALS: u32 = 2;

/** How long an upstream has to end a tunnel after we have ended our side; then it is reset. */
export const ABANDON_TIMEOUT_MS: u32 = 10_000;

/**
 * How long a client that was told to go is listened to at least: what it sent before it heard of it is under way. The clock moves once a
 * second, so these are one to two seconds.
 */
export const DRAIN_NOTICE_MS: u32 = 2_000;

/** How long a client that was told to go may make new calls; then they are refused, so that the connection can end. */
export const DRAIN_GRACE_MS: u32 = 10_000;

/** A drain is asked about (proxy/probe.ts) after so many calls, or after so long where there were fewer. */
export const PROBE_CALLS: u32 = 64;
export const PROBE_PERIOD_MS: u32 = 10_000;

/** RFC 9113 section 6.5.2: what no sender should set SETTINGS_MAX_CONCURRENT_STREAMS below, counted on until HCM's has come. */
export const INITIAL_MAX_STREAMS: u32 = 100;

/** Window that a tunnel grants to HCM: what a tunnel may hold back while another tunnel's message is being delivered. */
export const RECEIVE_WINDOW_BYTES: u32 = 1 << 20;

/** The connection's own window (2^31-1) is renewed when half of it is used. */
export const CONNECTION_GRANT_BYTES: u32 = 1 << 30;

/** RFC 9113 section 6.9.2: what both windows are before any SETTINGS and WINDOW_UPDATE. */
export const INITIAL_WINDOW_BYTES: i32 = 65_535;

/** RFC 9113 section 6.5.2: SETTINGS_MAX_FRAME_SIZE before it is raised. */
export const INITIAL_MAX_FRAME_BYTES: u32 = 16_384;

/**
 * Longest DATA frame that is announced. While one is under way nothing else can be said to HCM, so it is not unlimited; what
 * HCM's SETTINGS allow counts too.
 */
export const MAX_FRAME_BYTES: u32 = 2 << 20;

/** Longest control frame that is read from HCM: what SETTINGS_MAX_FRAME_SIZE of ours (the initial one) allows. */
export const MAX_CONTROL_FRAME_BYTES: u32 = 16_384;

/** Calls in flight that one connection remembers; beyond it the oldest is forgotten (it still gets its answer). */
export const MAX_CALLS_PER_CONNECTION: u32 = 16_384;

/** Time series of calls in one VM; further calls are counted under method "other". */
export const MAX_SERIES: u32 = 2_000;

/** Statuses of one series that are told apart; further ones are counted as "other". */
export const MAX_STATUSES_PER_SERIES: u32 = 16;

/** Durations of one series that are measured between two flushes, about: with twice as many calls every third one, and so on. */
export const SAMPLES_PER_FLUSH: u32 = 512;

/**
 * Mode `connection`: bytes of heartbeats and notices that may come before the first call, 1,000 of 16 bytes. A client whose
 * heartbeats are not answered goes after three.
 */
export const MAX_BYTES_BEFORE_CALL: u32 = 16 << 10;

/**
 * Longest message that is kept while its call is held back, and the most that a route may have kept for retries: what is sent at once fits the
 * windows that HCM grants, which are larger only by what is under way. A longer call is held at the front of its connection.
 */
export const MAX_HELD_MESSAGE_BYTES: u32 = 65_535;

/** Statuses that a route may name for retries: each answer that is an error is compared with them. */
export const MAX_RETRIED_STATUSES: u32 = 64;

/** How often the host ticks while calls in flight have deadlines: what these are late by at most, where the worker is not busy. */
export const FINE_TICK_MS: u32 = 10;

/** How often counters go to the host. */
export const FLUSH_PERIOD_MS: u32 = 1_000;

/** Conditions of one route; the index and `explain` walk them. */
export const MAX_CONDITIONS_PER_ROUTE: u32 = 64;

/** Rate limits of one route: all of a call's are looked at before a token is taken of any. */
export const MAX_RATE_LIMITS_PER_ROUTE: u32 = 32;

/** Attributes each of whose values has a bucket of its own. */
export const MAX_ATTRIBUTES_PER_RATE_LIMIT: u32 = 8;

/** Buckets for single values of one rate limit, unless the configuration says otherwise, and at most. */
export const DEFAULT_BUCKETS_PER_RATE_LIMIT: u32 = 1_024;
export const MAX_BUCKETS_PER_RATE_LIMIT: u32 = 65_536;

/** The same of all rate limits of one VM: a bucket is 48 bytes, and takes 32 to 64 where it is found: 28 MiB. Beyond it values share a bucket. */
export const MAX_VALUE_BUCKETS: u32 = 262_144;

/** Buckets, from the one that was not used for longest on, of which one may give way to another value. */
export const OLD_BUCKETS_LOOKED_AT: u32 = 8;

/**
 * A worker takes as many tokens out of a bucket that all share as come in this time, one at least, and asks no more until they are used: at any
 * rate it asks 100 times a second, about, and what idle workers have is a hundredth of a second's.
 */
export const LEASE_MS: u32 = 10;

/** And no more than this part of what the bucket holds: what one worker has, others have not. */
export const LEASES_PER_BUCKET: u32 = 16;

/** How often a worker tries to take tokens when others take some at the same moment: of those that try at once one succeeds. */
export const LEASE_TRIES: u32 = 100;

/** Buckets for single values that are in one of Envoy's shared data: 256 bytes, written with each lease. */
export const BUCKETS_PER_SET: u32 = 16;

/** What a rate limit service is asked about one call, and how long the answer is awaited unless the configuration says otherwise: Envoy's default. */
export const MAX_DESCRIPTORS: u32 = 16;
export const MAX_DESCRIPTOR_ENTRIES: u32 = 16;
export const MAX_RATE_LIMIT_DOMAIN_BYTES: u32 = 1024;
export const DEFAULT_RATE_LIMIT_TIMEOUT_MS: u32 = 20;

/** Longest request to a rate limit service. A call whose values are longer is treated as if the service had failed. */
export const MAX_ASK_BYTES: u32 = 16 << 10;

/** Different requests to rate limit services that one VM remembers, or has under way: up to 16 KiB each, mostly 100 bytes. Beyond it: as if the service had failed. */
export const MAX_ASKS: u32 = 4_096;

/** A rate limit service that says when its limit begins anew is not asked before, for so long at most: what it is told to allow may change. */
export const MAX_OVER_LIMIT_MS: u32 = 1_000;

/** And where it says that in whole seconds it is asked so soon again in the last of them: it may begin at any moment. */
export const LAST_SECOND_OVER_LIMIT_MS: u32 = 50;

/**
 * Calls that ask a rate limit service together are no more than this part of what it has last said to be left: an answer is for all of them, and
 * that it says no to some that it would have let through shall happen only when others have taken nearly all at the same moment.
 */
export const PART_OF_REMAINING: u32 = 8;

/** Longest regex. Istio accepts 1,024 bytes. */
export const MAX_REGEX_BYTES: u32 = 4096;

/** Groups within groups: each takes a few frames of the stack. RE2 stops at 1,000. */
export const MAX_REGEX_DEPTH: u32 = 200;

/** RE2's bound on n and m of {n,m}. */
export const MAX_REGEX_REPEAT: u32 = 1000;

/** Instructions of one regex, repetitions written out. `.{0,900}` takes 7 for each rune and fits. */
export const MAX_REGEX_INSTRUCTIONS: u32 = 8192;

/** Byte ranges that the instructions of one regex test. */
export const MAX_REGEX_EDGES: u32 = 32_768;

/** Entries of one transition table, states × (byte classes + 1): what a u16 can number. 128 KiB. */
export const MAX_REGEX_TRANSITIONS: u32 = 65_536;

/** Memory for the sets of instructions behind the states of one transition table while it is made. */
export const MAX_REGEX_SETS_BYTES: u32 = 1 << 20;

/** Instructions visited while one transition table is made, about 10 ms. Beyond it the regex runs on its instructions. */
export const MAX_REGEX_WORK: u32 = 500_000;

/** The same for all regexes of a table together, about 0.4 s. */
export const MAX_TABLE_REGEX_WORK: u32 = 60_000_000;

/** Transition tables of all regexes of a table. There is a copy in each worker and two more. Beyond it: instructions. */
export const MAX_TABLE_REGEX_BYTES: u32 = 32 << 20;

/**
 * Values of a Hessian2 message that may be open at once, each the content of another (a chain through last fields is free):
 * Dubbo's own decoder, which recurses, fails at a few thousand on a thread's usual stack. 8 bytes each.
 */
export const MAX_HESSIAN_DEPTH: u32 = 1024;

/** Class definitions of one Hessian2 message: 4 bytes each. Real calls have dozens. */
export const MAX_HESSIAN_CLASSES: u32 = 4096;

/**
 * Frames of Thrift values that are open at once. Apache Thrift's libraries stop at 64 structs within each other, each of which may lie in a
 * container: 8 bytes each.
 */
export const MAX_THRIFT_DEPTH: u32 = 128;

/** Values of Tars that are open within each other where a field is passed over: 4 bytes each. What lies behind arguments are maps of texts. */
export const MAX_TARS_DEPTH: u32 = 64;

/**
 * Of an unframed Thrift call, which goes on before its end is here: where its arguments are looked for. It is read again from its first byte
 * with each read until they are found, so it is no more than what a read brings into memory at first.
 */
export const ARGUMENT_WINDOW_BYTES: u32 = FIRST_FETCH_BYTES;

/** Programs of all regexes of a table that have no transition table. Beyond it the configuration is refused. */
export const MAX_TABLE_PROGRAM_BYTES: u32 = 32 << 20;

/** Longest text about a refused configuration: a field's path, a reason, and a piece of a value. */
export const MAX_PROBLEM_BYTES: u32 = 1024;

/** What a VM has told in gauges, where others can read it: 80 bytes for each, and ten of each listener, 80 listeners. Of others nothing is taken back. */
export const MAX_LEDGER_BYTES: u32 = 65_536;

/** A VM that has not written its ledger for so long is dead. It writes once a second. */
export const LEDGER_STALE_MS: u32 = 10_000;

/** Ledgers of other VMs that are looked at in one tick. */
export const VMS_LOOKED_AT_PER_TICK: u32 = 4;

/** Bytes of a value in a line of the debug log. A line has eight of them at most, and fits 2,048 bytes. */
export const MAX_TRACED_VALUE_BYTES: u32 = 128;

/** Time series of upstream failures in one VM; beyond it hosts, and beyond twice as many clusters, are counted as "other". */
export const MAX_FAILURE_SERIES: u32 = 500;

/**
 * Connections that are visited in one turn of the event loop. What a visit passes on, the host does when the callback is over, and each
 * piece of that work within the callbacks of the one before it: some two thousand of them are more than V8's stack holds.
 */
export const MAX_VISITS: u32 = 16;

/** Of a listener's name that VMs with different code know it by. Longer names are not shared: connections of former code keep their table. */
export const MAX_SHARED_NAME_BYTES: u32 = 400;

/** For so long a configuration of other code must be the newest before a VM takes it: workers get theirs one after the other. */
export const SUCCESSION_SETTLES_MS: u32 = 2_000;

/** Circuit breakers of one VM whose calls in flight are told as gauges: 64 bytes each, which stay. All are enforced. */
export const MAX_GATES: u32 = 256;

/** Methods of all circuit breakers that have calls in flight at a time and are counted apart, 64 bytes and a name of up to 128 each. Further ones are not limited. */
export const MAX_METHOD_GATES: u32 = 1_024;

/** Outlier detection, unless the configuration says otherwise. All but the number of calls are Envoy's. */
export const DEFAULT_OUTLIER_MINIMUM_CALLS: u32 = 20;
export const DEFAULT_OUTLIER_INTERVAL_MS: u32 = 10_000;
export const DEFAULT_BASE_EJECTION_TIME_MS: u32 = 30_000;
export const DEFAULT_MAX_EJECTION_TIME_MS: u32 = 300_000;
export const DEFAULT_MAX_EJECTION_PERCENT: u32 = 10;

/** Statuses that are errors to one outlier detection: no protocol has more that mean a failure of the host. */
export const MAX_OUTLIER_STATUSES: u32 = 32;

/** Clusters whose hosts a VM knows, and hosts of all of them: 64 bytes each, and names. Further hosts are not judged. */
export const MAX_KNOWN_CLUSTERS: u32 = 1_024;
export const MAX_KNOWN_HOSTS: u32 = 4_096;

/** After so long without a tunnel a host is forgotten. */
export const KNOWN_HOST_MS: u32 = 600_000;

/** Tunnels in a row that may lead to an ejected host before one of them is used all the same: there may be no other host. */
export const MAX_EJECTED_ARRIVALS: u32 = 3;

/** How long a call waits for a place that its circuit breaker has not got, unless the configuration says otherwise. */
export const DEFAULT_PENDING_TIMEOUT_MS: u32 = 1_000;
