import { motifsOf, nodesOf, operationsOf } from "./contents.js";
import type { Motif, MotifFamily, MotifTree } from "./motif.js";

/** What `topiary motifs --json` prints: every level with its graphs. */
export interface MotifsDocument {
  readonly levels: readonly LevelDocument[];
}

export interface LevelDocument {
  /** 0 for the operations, the highest one for the network. */
  readonly level: number;
  readonly motifs: readonly MotifDocument[];
  readonly families: readonly FamilyDocument[];
  /** Feature maps and edges of all graphs of this level, each motif once; of level 0, those of the flat network. */
  readonly nodes: number;
  readonly edges: number;
}

export interface MotifDocument {
  readonly id: string;
  readonly family: string;
  readonly name: string;
  /** How often it stands in the network. */
  readonly count: number;
  /** The operators inside, in the order of the graph. */
  readonly ops: readonly string[];
}

export interface FamilyDocument {
  readonly id: string;
  readonly name: string;
  readonly count: number;
  /** How many motifs it has. */
  readonly kinds: number;
}

export function motifsDocument(tree: MotifTree): MotifsDocument {
  const highest = tree.top.motif.family.level;
  const above = Array.from({ length: highest }, (_, i) => levelDocument(tree, i + 1));
  return { levels: [operationsDocument(tree), ...above] };
}

/** Operation types, with their kinds as families. */
function operationsDocument(tree: MotifTree): LevelDocument {
  const operations = operationsOf(tree.top);
  const kinds = [...new Set(tree.primitives.map(({ kind }) => kind))];
  const first = new Map(operations.map((leaf) => [leaf.primitive.name, leaf]));
  return {
    level: 0,
    motifs: tree.primitives.map(({ id, kind, name, count }) => ({
      id,
      family: kind,
      name,
      count,
      ops: (first.get(name)?.nodes ?? []).map((node) => node.opType),
    })),
    families: kinds.map((kind) => {
      const types = tree.primitives.filter((primitive) => primitive.kind === kind);
      const count = types.reduce((sum, type) => sum + type.count, 0);
      return { id: kind, name: kind, count, kinds: types.length };
    }),
    nodes: new Set(operations.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])).size,
    edges: operations.reduce((sum, { inputs, outputs }) => sum + inputs.length * outputs.length, 0),
  };
}

function levelDocument(tree: MotifTree, level: number): LevelDocument {
  const motifs = motifsOf(tree).filter(({ family }) => family.level === level);
  return {
    level,
    motifs: motifs.map((motif) => motifDocument(motif, tree)),
    families: tree.families.filter((family) => family.level === level).map(familyDocument),
    nodes: motifs.reduce((sum, { nodeCount }) => sum + nodeCount, 0),
    edges: motifs.reduce((sum, { edges }) => sum + edges.length, 0),
  };
}

function motifDocument({ id, family, name, instances }: Motif, tree: MotifTree): MotifDocument {
  const ops = instances[0] ? nodesOf(instances[0], tree).map((node) => node.opType) : [];
  return { id, family: family.id, name, count: instances.length, ops };
}

function familyDocument({ id, name, count, motifs }: MotifFamily): FamilyDocument {
  return { id, name, count, kinds: motifs.length };
}
