import { AUTO, CODECS } from "./protocols.js";

/**
 * The statuses of answers by the names that the protocol's own sources give them, and the numbers by which the filter tells them apart
 * (docs/protocols). A success is in none of these.
 */
const STATUSES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // brpc's errno.proto
  brpc: {
    ENOSERVICE: 1001,
    ENOMETHOD: 1002,
    EREQUEST: 1003,
    ERPCAUTH: 1004,
    ETOOMANYFAILS: 1005,
    ERPCTIMEDOUT: 1008,
    EFAILEDSOCKET: 1009,
    EOVERCROWDED: 1011,
    EINTERNAL: 2001,
    ERESPONSE: 2002,
    ELOGOFF: 2003,
    ELIMIT: 2004,
  },
  // org.apache.dubbo.remoting.exchange.Response
  dubbo: {
    SERIALIZATION_ERROR: 25,
    CLIENT_TIMEOUT: 30,
    SERVER_TIMEOUT: 31,
    CHANNEL_INACTIVE: 35,
    BAD_REQUEST: 40,
    BAD_RESPONSE: 50,
    SERVICE_NOT_FOUND: 60,
    SERVICE_ERROR: 70,
    SERVER_ERROR: 80,
    CLIENT_ERROR: 90,
    SERVER_THREADPOOL_EXHAUSTED_ERROR: 100,
  },
  // Redis' errors have no numbers: these are Meltemi's (docs/protocols/redis.md).
  redis: {
    ERR: 1,
    WRONGTYPE: 2,
    NOAUTH: 3,
    WRONGPASS: 4,
    NOPERM: 5,
    MOVED: 6,
    ASK: 7,
    CLUSTERDOWN: 8,
    CROSSSLOT: 9,
    TRYAGAIN: 10,
    LOADING: 11,
    BUSY: 12,
    OOM: 13,
    READONLY: 14,
    MASTERDOWN: 15,
    MISCONF: 16,
    NOREPLICAS: 17,
    NOSCRIPT: 18,
    EXECABORT: 19,
    NOPROTO: 20,
    BUSYGROUP: 21,
    BUSYKEY: 22,
    NOGROUP: 23,
    UNKILLABLE: 24,
  },
  // Tars' BaseF.tars
  tars: {
    TARSSERVERDECODEERR: -1,
    TARSSERVERENCODEERR: -2,
    TARSSERVERNOFUNCERR: -3,
    TARSSERVERNOSERVANTERR: -4,
    TARSSERVERRESETGRID: -5,
    TARSSERVERQUEUETIMEOUT: -6,
    TARSINVOKETIMEOUT: -7,
    TARSPROXYCONNECTERR: -8,
    TARSSERVEROVERLOAD: -9,
    TARSADAPTERNULL: -10,
    TARSSERVERUNKNOWNERR: -99,
  },
  // TApplicationExceptionType, and Meltemi's own for what has no type (docs/protocols/thrift.md)
  thrift: {
    UNKNOWN_METHOD: 1,
    INVALID_MESSAGE_TYPE: 2,
    WRONG_METHOD_NAME: 3,
    BAD_SEQUENCE_ID: 4,
    MISSING_RESULT: 5,
    INTERNAL_ERROR: 6,
    PROTOCOL_ERROR: 7,
    INVALID_TRANSFORM: 8,
    INVALID_PROTOCOL: 9,
    UNSUPPORTED_CLIENT_TYPE: 10,
    UNKNOWN: 99,
    DECLARED_EXCEPTION: 100,
  },
  // trpc.proto's TrpcRetCode
  trpc: {
    TRPC_SERVER_DECODE_ERR: 1,
    TRPC_SERVER_ENCODE_ERR: 2,
    TRPC_SERVER_NOSERVICE_ERR: 11,
    TRPC_SERVER_NOFUNC_ERR: 12,
    TRPC_SERVER_TIMEOUT_ERR: 21,
    TRPC_SERVER_OVERLOAD_ERR: 22,
    TRPC_SERVER_LIMITED_ERR: 23,
    TRPC_SERVER_FULL_LINK_TIMEOUT_ERR: 24,
    TRPC_SERVER_SYSTEM_ERR: 31,
    TRPC_SERVER_AUTH_ERR: 41,
    TRPC_SERVER_VALIDATE_ERR: 51,
    TRPC_INVOKE_UNKNOWN_ERR: 999,
  },
};

/** Names of a protocol's statuses; of `auto`, those of all that it may be. */
export function statusNames(protocol: string): readonly string[] {
  const protocols = protocol === AUTO ? CODECS : [protocol];
  return protocols.flatMap((one) => Object.keys(STATUSES[one] ?? {}));
}

/** Numbers of the status of this name: several where a connection may speak one of several protocols, none where there is no such status. */
export function statusNumbers(protocol: string, name: string): readonly number[] {
  const protocols = protocol === AUTO ? CODECS : [protocol];
  return protocols.flatMap((one) => STATUSES[one]?.[name] ?? []);
}
