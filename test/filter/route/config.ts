/** Pieces of a FilterConfig as tests write them. */
export type Matcher = { readonly name: string; readonly invert_match?: boolean } & Readonly<Record<string, unknown>>;

export const SERVICE = "demo.ReviewService";

/** A configuration with one virtual host, and a route for each list of matchers. */
export function configOf(routes: readonly (readonly Matcher[])[]): unknown {
  return {
    virtual_hosts: [
      {
        name: "reviews:9080",
        services: [SERVICE],
        routes: routes.map((attributes, index) => ({
          name: `route-${index}`,
          ...(attributes.length > 0 && { match: { attributes } }),
          route: { cluster: `cluster-${index}` },
        })),
      },
    ],
  };
}
