import { isMotif, type Motif, type MotifFamily, type MotifTree } from "./motif.js";

/** The tree as lines for people: the network first, then what it is made of, down to the operations. */
export function motifsText(tree: MotifTree): string {
  const highest = tree.top.motif.family.level;
  const lines: string[] = [];
  for (let level = highest; level > 0; level--) {
    const families = tree.families.filter((family) => family.level === level);
    lines.push(`level ${level}`, ...families.flatMap((family) => familyLines(family, tree)), "");
  }
  lines.push("level 0", ...counted(tree.primitives.map(({ name, count }) => [count, name])));
  return lines.join("\n");
}

function familyLines(family: MotifFamily, tree: MotifTree): string[] {
  const { name, count, motifs, id } = family;
  if (family === tree.top.motif.family) return ["  network", ...indented(partLines(tree.top.motif))];
  const kinds = motifs.length > 1 ? `, ${motifs.length} kinds` : "";
  const rows = motifs.map((motif): [number, string] => [motif.instances.length, motifLine(motif)]);
  return [`  ${count} × ${name}${kinds} (${id})`, ...indented(counted(rows))];
}

/** A motif with the motifs that it is made of. */
function motifLine({ id, name, edges }: Motif): string {
  const inner = runs(edges.flatMap(({ type }) => (isMotif(type) ? type.id : [])));
  const made = inner.map(({ count, item }) => (count > 1 ? `${count} × ${item}` : item)).join(", ");
  return `${name} (${made ? `${id} of ${made}` : id})`;
}

/** What stands on the edges of the network, in order; equal neighbours together. */
function partLines({ edges }: Motif): string[] {
  const labels = edges.map(({ type }) => (isMotif(type) ? `${type.name} (${type.id})` : type.name));
  return counted(runs(labels).map(({ count, item }) => [count, item]));
}

function runs(items: readonly string[]): { readonly item: string; readonly count: number }[] {
  const found: { item: string; count: number }[] = [];
  for (const item of items) {
    const last = found.at(-1);
    if (last?.item === item) last.count++;
    else found.push({ item, count: 1 });
  }
  return found;
}

/** Counts in a column of their own. */
function counted(rows: readonly (readonly [number, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([count]) => String(count).length));
  return rows.map(([count, text]) => `  ${String(count).padStart(width)} × ${text}`);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
