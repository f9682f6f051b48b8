import { lookupOp } from "../ops/index.js";
import { coreOf, tokensOf } from "./family.js";
import type { Leaf } from "./leaf.js";
import { innerOf, type Region, type Section, type Sequence } from "./section.js";

/** What a section is called: "bottleneck", "transformer layer". */
export function nounOf(section: Section): string {
  if (section.type === "leaf") return section.primitive.word;
  return section.type === "region" ? regionNoun(section) : sequenceNoun(section);
}

/** What a section is, so that a person understands it: "bottleneck: 1×1, 3×3, 1×1, residual". */
export function phraseOf(section: Section): string {
  const only = section.type === "sequence" ? soleBlock(section) : undefined;
  if (only) return `${phraseOf(only)}, rearranged`;
  return `${nounOf(section)}: ${partsOf(section)}`;
}

function regionNoun(region: Region): string {
  const { bypass, branches, ops } = region;
  if (bypass?.join === "sum") return blockNoun(bypass.main);
  if (bypass?.join === "concat")
    return bypass.shortcut === "identity" && ops.length === 1 ? "dense layer" : "split block";
  if (bypass?.shortcut === "identity") return isPooled(bypass.main) ? "squeeze and excite" : "gate";
  if (hasAttention(region)) return "attention";
  return branches.some((branch) => branch.role === "growth") ? "dense block" : "parallel branches";
}

function sequenceNoun(sequence: Sequence): string {
  switch (sequence.role) {
    case "stage":
      return `stage of ${plural(nounOf(sequence.items[0] as Section))}`;
    case "growth":
      return "dense layer";
    case "block":
      return blockNoun(sequence);
    default:
      return unitNoun(sequence);
  }
}

function unitNoun(sequence: Sequence): string {
  const nouns = sequence.items.filter((item) => item.type !== "leaf").map(nounOf);
  if (nouns.includes("attention") && nouns.includes("MLP")) return "transformer layer";
  const only = soleBlock(sequence);
  if (only) return nounOf(only);
  const layers = tokensOf(sequence.items).map((token) => token.replace("+", ""));
  return layers.join(" ") === "depthwise pointwise" ? "depthwise separable convolution" : "sequence";
}

/** The one block of a sequence that otherwise only moves data: a channel shuffle behind it. */
function soleBlock(sequence: Sequence): Section | undefined {
  const layers = sequence.items.filter((item) => item.type !== "leaf" || item.primitive.token !== "");
  return sequence.role === "unit" && layers.length === 1 && layers[0]?.type !== "leaf"
    ? layers[0]
    : undefined;
}

/** Names that people use for residual blocks, by their layers. */
function blockNoun(main: Sequence): string {
  if (hasAttention(main)) return "attention";
  const tokens = tokensOf(main.items);
  const layers = coreOf(tokens).map((token) => token.replace("+", ""));
  const kinds = layers.join(" ").replaceAll("grouped ", "");
  if (kinds === "spatial spatial") return "basic block";
  if (kinds === "pointwise spatial pointwise") return "bottleneck";
  if (kinds === "depthwise pointwise") return "inverted residual";
  const dense = layers.filter((layer) => layer !== "normalization");
  if (dense.length > 1 && dense.every((layer) => layer === "linear")) return "MLP";
  return "residual block";
}

function partsOf(section: Section): string {
  if (section.type === "leaf") return section.primitive.name;
  if (section.type === "sequence") return sequenceParts(section);
  const { bypass, ops, branches } = section;
  if (bypass) return [...listed(bypass.main.items), ending(section)].join(", ");
  if (branches.some((branch) => branch.role === "growth")) return tally(branches.map(nounOf));
  const joined = ops.every((op) => op.kind === "concat") ? ["concatenated"] : tallied(ops.map(shortWord));
  const ways = branches.map((branch) => listed(branch.items).join(", ")).filter(Boolean);
  return [tallied(ways).join(" | "), ...joined].join(", ");
}

function sequenceParts(sequence: Sequence): string {
  if (sequence.role === "stage") return tally(sequence.items.map(nounOf));
  const parts = listed(sequence.items);
  if (sequence.role === "block") parts.push("no shortcut");
  if (sequence.role === "growth") parts.push("concatenated");
  return parts.join(", ");
}

/** How a bypass ends. */
function ending({ bypass, branches }: Region): string {
  const join = { sum: "residual", product: "scaled", concat: "concatenated" }[bypass?.join ?? "sum"];
  const other = branches.find((branch) => branch !== bypass?.main);
  if (bypass?.shortcut === "identity" || !other) return join;
  const way = bypass?.shortcut === "projected" ? listed(other.items) : other.items.map(shortWord);
  return `${join} with ${way.join(", ")}`;
}

/** The layers of a row; what moves data is named where nothing else is there. */
function listed(items: readonly Section[]): string[] {
  const layers = items.filter((item) => item.type !== "leaf" || item.primitive.token !== "");
  const words = (layers.length > 0 ? layers : items).map(shortWord);
  return words.length > MOST_WORDS
    ? [...words.slice(0, MOST_WORDS), `${words.length - MOST_WORDS} more`]
    : words;
}

/** A longer list says no more to a person. */
const MOST_WORDS = 12;

function shortWord(item: Section): string {
  if (item.type !== "leaf") return nounOf(item);
  const { word, strided } = item.primitive;
  return strided ? `strided ${word}` : word;
}

/** "3 × basic block" for equal words. */
function tally(words: readonly string[]): string {
  return tallied(words).join(", ");
}

function tallied(words: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => (count > 1 ? `${count} × ${word}` : word));
}

function plural(noun: string): string {
  return noun.endsWith("s") ? noun : `${noun}s`;
}

/** Weights that sum to one, and a product of two things computed from the data. */
function hasAttention(section: Section): boolean {
  let [softmax, product] = [false, false];
  for (const leaf of leavesOf(section)) {
    if (leaf.kind === "attention") return true;
    softmax ||= leaf.nodes.some((node) => lookupOp(node)?.role === "softmax");
    product ||= leaf.isJoin && !leaf.isLight;
  }
  return softmax && product;
}

function isPooled(section: Section): boolean {
  return [...leavesOf(section)].some((leaf) => leaf.kind === "pooling" || leaf.kind === "reduction");
}

/** All operations inside a section. */
export function* leavesOf(section: Section): Generator<Leaf> {
  const open: Section[] = [section];
  for (let at = open.pop(); at; at = open.pop()) {
    if (at.type === "leaf") yield at;
    else for (const inner of innerOf(at)) open.push(inner);
  }
}
