/** The walls of the house: who may import whom. */
module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    { name: "filter-is-alone", severity: "error", from: { path: "^filter" }, to: { path: "^(adapter|test|bench)" } },
    { name: "adapter-is-alone", severity: "error", from: { path: "^adapter" }, to: { path: "^(filter|test|bench)" } },
    { name: "only-host-crosses", severity: "error", from: { path: "^filter/(?!host)" }, to: { path: "proxy-runtime" } },
    {
      name: "codecs-are-pure",
      severity: "error",
      from: { path: "^filter/codec/([^/]+)/" },
      to: { path: "^filter/(host|http2|proxy|route|config)|^filter/codec/(?!$1)[^/]+/" },
    },
    {
      name: "encodings-know-no-protocol",
      severity: "error",
      from: { path: "^filter/encoding" },
      to: { path: "^filter/(?!encoding|memory)" },
    },
    {
      name: "routing-is-pure",
      severity: "error",
      from: { path: "^filter/route" },
      to: { path: "^filter/(host|http2|proxy|config)" },
    },
    {
      name: "http2-is-bytes",
      severity: "error",
      from: { path: "^filter/http2" },
      to: { path: "^filter/(host|proxy|codec|route|config)" },
    },
    { name: "model-is-pure", severity: "error", from: { path: "^adapter/model" }, to: { path: "^adapter/(?!model)" } },
    {
      name: "translate-knows-no-envoy",
      severity: "error",
      from: { path: "^adapter/translate" },
      to: { path: "^adapter/(xds|snapshot|server|cli)" },
    },
    {
      name: "xds-knows-no-resources",
      severity: "error",
      from: { path: "^adapter/(xds|snapshot|server)" },
      to: { path: "^adapter/(resource|source|translate|cli)" },
    },
  ],
  options: { doNotFollow: { path: "node_modules" }, tsPreCompilationDeps: true, exclude: { path: "^dist" } },
};
