import { domainOf } from "../ir/index.js";
import { activationOps } from "./activation.js";
import { attentionOps } from "./attention.js";
import { cacheOps } from "./cache.js";
import { convOps } from "./conv.js";
import type { OpDefinition } from "./define.js";
import { deformConvOps } from "./deform-conv.js";
import { einsumOps } from "./einsum.js";
import { elementwiseOps } from "./elementwise.js";
import { expandOps } from "./expand.js";
import { fusedOps } from "./fused.js";
import { gatherOps } from "./gather.js";
import { gradients } from "./gradient/index.js";
import { joinOps } from "./join.js";
import { legacyOps } from "./legacy.js";
import { linearOps } from "./linear.js";
import { normalizationOps } from "./normalization.js";
import { padOps } from "./pad.js";
import { poolingOps } from "./pooling.js";
import { quantiseOps } from "./quantise.js";
import { quantisedElementOps } from "./quantised-elements.js";
import { quantisedLayerOps } from "./quantised-layers.js";
import { rearrangeOps } from "./rearrange.js";
import { recurrentOps } from "./recurrent.js";
import { reductionOps } from "./reduction.js";
import { reshapeOps } from "./reshape.js";
import { resizeOps } from "./resize.js";
import { rotaryOps } from "./rotary.js";
import { samplingOps } from "./sampling.js";
import { scatterOps } from "./scatter.js";
import { selectOps } from "./select.js";
import { sequenceOps } from "./sequence.js";
import { shapeOps } from "./shape.js";
import { shapeRules } from "./shapes/index.js";
import { sliceOps } from "./slice.js";

const families: readonly OpDefinition[] = [
  ...convOps,
  ...deformConvOps,
  ...linearOps,
  ...einsumOps,
  ...recurrentOps,
  ...quantiseOps,
  ...quantisedLayerOps,
  ...quantisedElementOps,
  ...fusedOps,
  ...attentionOps,
  ...rotaryOps,
  ...cacheOps,
  ...normalizationOps,
  ...activationOps,
  ...elementwiseOps,
  ...poolingOps,
  ...samplingOps,
  ...reshapeOps,
  ...rearrangeOps,
  ...joinOps,
  ...sequenceOps,
  ...sliceOps,
  ...gatherOps,
  ...selectOps,
  ...scatterOps,
  ...padOps,
  ...expandOps,
  ...resizeOps,
  ...reductionOps,
  ...shapeOps,
  ...legacyOps,
];

/** Every operator that topiary knows, with its gradient and its shape rule where it has them. */
export const allOps: readonly OpDefinition[] = families.map((op) => {
  if (op.domain) return op;
  const [gradient, shapes] = [gradients.get(op.type), shapeRules.get(op.type)];
  return { ...op, ...(gradient && { gradient }), ...(shapes && { shapes }) };
});

const standard = new Map(allOps.filter(({ domain }) => !domain).map((op) => [op.type, op]));

const keyOf = (domain: string, type: string) => `${domain} ${type}`;

const others = new Map(allOps.map((op) => [keyOf(op.domain ?? "", op.type), op]));

/** What topiary knows of a node's operator; undefined for operators without an entry. */
export function lookupOp(node: {
  readonly opType: string;
  readonly domain: string | undefined;
}): OpDefinition | undefined {
  const domain = domainOf(node);
  return domain === "" ? standard.get(node.opType) : others.get(keyOf(domain, node.opType));
}
