/** Whether the pattern (`*`, `*.example.com` or a host) is for all that the other one is. */
export function covers(pattern: string, host: string): boolean {
  return pattern === "*" || pattern === host || (pattern.startsWith("*.") && host.endsWith(pattern.slice(1)));
}

/** What both of two sets of hosts are for, in the order of the first. */
export function commonHosts(hosts: readonly string[], others: readonly string[]): readonly string[] {
  const common = hosts.flatMap((host) => {
    if (others.some((one) => covers(one, host))) return [host];
    return others.filter((one) => covers(host, one));
  });
  return [...new Set(common)];
}
