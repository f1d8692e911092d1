/** Of a Pod only the labels are read: they say which subset its endpoints belong to. */
export function parsePod(document: unknown): { readonly labels: Readonly<Record<string, string>> } {
  const { metadata } = document as { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } };
  return { labels: metadata.labels ?? {} };
}
