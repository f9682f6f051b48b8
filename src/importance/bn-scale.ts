import { UserError } from "../base/errors.js";
import type { ChannelAnalysis, Holder } from "../channels/index.js";
import { numbersOf } from "../ir/index.js";
import { lookupOp } from "../ops/index.js";
import { magnitudeScores } from "./magnitude.js";
import { type Aggregation, type SliceScorer, scoreUnits, withFallback } from "./slices.js";

/**
 * Scores units by |γ| of the batch normalizations along them, as stored (Liu et al., "Learning efficient convolutional
 * networks through network slimming", ICCV 2017). Units without one are ranked by l2. Throws a UserError where no unit
 * has one, as in a model whose exporter folded batch normalization into the convolutions.
 */
export function bnScaleScores(analysis: ChannelAnalysis, aggregation: Aggregation): Float64Array {
  const size: SliceScorer = ({ tensor }, blocks) =>
    blocks.map(() => Float64Array.from(numbersOf(tensor), Math.abs));
  const found = scoreUnits(analysis, isScale, size, aggregation);
  if (analysis.unitCount > 0 && found.counts.every((count) => count === 0)) {
    throw new UserError(
      "no-bn-scale",
      "--importance bn-scale: no prunable channel of this model has a BatchNormalization, which exporters often fold into the convolutions; expected one at least; choose another criterion, such as l2",
    );
  }
  return withFallback(found, () => magnitudeScores(analysis, 2, aggregation));
}

/** Whether the constant is the scale of an op that normalises with stored statistics. */
function isScale({ reader, constant }: Holder): boolean {
  const op = reader && lookupOp(reader);
  if (op?.kind !== "normalization" || op.role !== "affine") return false;
  return reader?.inputs[op.inputs.indexOf("scale")] === constant;
}
