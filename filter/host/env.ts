/**
 * Imports that the package @solo-io/proxy-runtime does not declare, or declares under a wrong name (it imports
 * `proxy_set_buffer_status` as `proxy_get_buffer_status`). The file's name is the import's module, "env".
 */
export declare function proxy_set_buffer_bytes(type: u32, start: u32, length: u32, data: usize, size: usize): u32;
export declare function proxy_get_log_level(cell: usize): u32;
/** Declared there without the two arguments of the initial metadata. */
export declare function proxy_grpc_call(
  service: usize,
  serviceBytes: u32,
  serviceName: usize,
  serviceNameBytes: u32,
  methodName: usize,
  methodNameBytes: u32,
  metadata: usize,
  metadataBytes: u32,
  request: usize,
  requestBytes: u32,
  timeout_ms: u32,
  tokenCell: usize,
): u32;
