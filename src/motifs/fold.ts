import { coreOf, type Families, tokensOf } from "./family.js";
import { foldPairs } from "./pairs.js";
import { append, rowFamily, symbolOf, weightOf } from "./rows.js";
import { type Region, type Section, type Sequence, sectionsOf } from "./section.js";
import { shortestTandems, type Tandem } from "./tandem.js";
import { groupBlocks, groupUnits, type Template, TemplateIndex } from "./windows.js";

/** Groups what repeats in the rows of a tree: blocks, rows of blocks that repeat as a whole, stages. Changes the tree. */
export function foldRepeats(root: Region, families: Families): void {
  const sections = [...sectionsOf(root)];
  const regions = sections.filter((section) => section.type === "region");
  const rows = sections.filter((section) => section.type === "sequence");
  const blocks = new TemplateIndex(regions.flatMap((region) => blockTemplate(region) ?? []));
  for (const row of rows) groupBlocks(row, blocks);
  const units = rows.flatMap((row) => foldTandems(row, families));
  const unitIndex = new TemplateIndex(units.filter(({ core }) => core.length > 1));
  for (const row of rows) groupUnits(row, unitIndex);
  for (const row of rows) foldStages(row, families);
}

/**
 * Groups, in the rows that are in no motif, further copies of motifs that are rows themselves, and pairs of layers that
 * repeat all over.
 */
export function foldElsewhere(root: Region, motifs: ReadonlySet<Section>, families: Families): void {
  const outside = [...sectionsOf(root, (section) => !motifs.has(section))];
  const rows = outside.filter((section) => section.type === "sequence");
  const known = [...motifs].flatMap((section): Template[] => {
    if (section.type !== "sequence" || section.role === "block" || section.role === "stage") return [];
    const core = tokensOf(section.items);
    return core.length > 1 ? [{ core, family: section.family }] : [];
  });
  const index = new TemplateIndex(known);
  for (const row of rows) groupUnits(row, index);
  foldPairs(rows, families);
}

/** The layers of a residual block. */
function blockTemplate({ bypass, family }: Region): Template | undefined {
  if (bypass?.join !== "sum") return undefined;
  const core = coreOf(tokensOf(bypass.main.items));
  return core.length > 1 ? { core, family } : undefined;
}

/** Groups stretches that repeat one after another, until there are none. */
function foldTandems(row: Sequence, families: Families): Template[] {
  const units: Template[] = [];
  for (;;) {
    const found = shortestTandems(symbolsOf(row.items), row.items.map(weightOf));
    if (found.length === 0) return units;
    for (const { start, period } of found) {
      const core = tokensOf(row.items.slice(start, start + period));
      units.push({ core, family: rowFamily(core, families) });
    }
    row.items = grouped(row.items, found, families);
  }
}

function grouped(items: readonly Section[], found: readonly Tandem[], families: Families): Section[] {
  const result: Section[] = [];
  let done = 0;
  for (const { start, period, count } of found) {
    append(result, items, done, start);
    done = start + period * count;
    for (let at = start; at < done; at += period) {
      const unit = items.slice(at, at + period);
      const family = rowFamily(tokensOf(unit), families);
      result.push({ type: "sequence", role: "unit", items: unit, family });
    }
  }
  return [...result, ...items.slice(done)];
}

/**
 * One number for each item, equal for equal families. Runs of blocks of one family are stages: where they differ in
 * length, they repeat nothing but themselves, so each of their blocks gets a number of its own.
 */
function symbolsOf(items: readonly Section[]): number[] {
  const names = new Map<string, number>();
  const lengths = new Map<string, Set<number>>();
  const runs = runsOf(items);
  for (const { family, start, end } of runs) {
    const known = lengths.get(family) ?? new Set();
    lengths.set(family, known.add(end - start));
  }
  const symbols: number[] = [];
  for (const { family, start, end } of runs) {
    const isStage = items[start]?.type !== "leaf" && end - start > 1 && (lengths.get(family)?.size ?? 0) > 1;
    for (let i = start; i < end; i++) {
      const name = isStage ? `${family}@${i}` : family;
      symbols.push(names.get(name) ?? names.size);
      names.set(name, symbols.at(-1) as number);
    }
  }
  return symbols;
}

interface Run {
  readonly family: string;
  readonly start: number;
  readonly end: number;
}

/** Maximal stretches of items of one family. */
function runsOf(items: readonly Section[]): Run[] {
  const runs: { family: string; start: number; end: number }[] = [];
  items.forEach((item, i) => {
    const family = symbolOf(item);
    const last = runs.at(-1);
    if (last?.family === family) last.end = i + 1;
    else runs.push({ family, start: i, end: i + 1 });
  });
  return runs;
}

/** Groups the blocks of a run into stages; a new one starts at each block that changes the size of the features. */
function foldStages(row: Sequence, families: Families): void {
  const result: Section[] = [];
  for (const { family, start, end } of runsOf(row.items)) {
    let stage: Section[] = [];
    const close = () => {
      if (stage.length < 2) append(result, stage);
      else
        result.push({
          type: "sequence",
          role: "stage",
          items: stage,
          family: families.nameOf(`stage: ${family}`),
        });
      stage = [];
    };
    for (const item of row.items.slice(start, end)) {
      if (item.type === "leaf") {
        result.push(item);
        continue;
      }
      if (changesSize(item)) close();
      stage.push(item);
    }
    close();
  }
  row.items = result;
}

/** Whether a block is the one that a stage starts with: strided, or without the shortcut that others have. */
function changesSize(section: Section): boolean {
  if (section.type === "leaf") return section.primitive.strided;
  if (section.type === "region") return section.changesSize;
  return section.role === "block" || section.items.some(changesSize);
}
