const thrift = require("thrift");

/** The library's classes of "framed-binary" and the like. */
exports.dialectOf = (name) => {
  const [transport, protocol] = name.split("-");
  return {
    transport: transport === "framed" ? thrift.TFramedTransport : thrift.TBufferedTransport,
    protocol: protocol === "compact" ? thrift.TCompactProtocol : thrift.TBinaryProtocol,
  };
};
