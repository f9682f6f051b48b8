import { bytesOf, DataType } from "../../ir/data-type.js";
import { fieldOf, type Tensor, type TensorContent } from "../../ir/tensor.js";
import { float32Text, float64Text } from "./float-text.js";
import type { Notes } from "./notes.js";
import { quoted, stringText } from "./quote.js";
import { hasOddNaN, isNegative, type StoredNumbers, storedNumbers } from "./storage.js";

/** Numbers of a long list stand this many in a line. */
const IN_LINE = 16;

/** A tensor's elements as text, and what has to be noted before the tensor for them to be read back exactly. */
export interface PrintedContent {
  /** `{1, 2}` or `["location": "file"]`; nothing where no elements are stored or the syntax cannot say them. */
  readonly text: Iterable<string>;
  readonly notes: Pick<Notes, "field" | "content">;
}

/** Prints a tensor's elements exactly. */
export function printContent(tensor: Tensor): PrintedContent {
  const { content, dataType } = tensor;
  if (content.kind === "external") return { text: [`[${entriesText(content.entries)}]`], notes: {} };
  if (content.kind === "empty") return { text: [], notes: {} };
  if (content.kind === "strings" && dataType === DataType.STRING) {
    const { values } = content;
    return { text: inBraces(values.length, (at) => stringText(values[at] ?? new Uint8Array())), notes: {} };
  }
  const numbers = numbersOf(tensor, content);
  if (!numbers) return { text: [], notes: { content: plainContent(content) } };
  const isRaw = content.kind === "raw";
  const text = inBraces(numbers.length, numberText(numbers, dataType));
  if (hasOddNaN(numbers, isRaw)) return { text, notes: { content: plainContent(content) } };
  return { text, notes: { field: content.kind === "field" ? content.field : undefined } };
}

/** `"key": "value", ...` */
export function entriesText(entries: Iterable<readonly [string, string]>): string {
  return Array.from(entries, ([key, value]) => `${quoted(key)}: ${quoted(value)}`).join(", ");
}

/** The stored numbers, where the text syntax has the same number of them in the same place for this type. */
function numbersOf(tensor: Tensor, content: TensorContent): StoredNumbers | undefined {
  const { dataType, elements } = tensor;
  if (content.kind === "field") return content.field === fieldOf(dataType) ? content.values : undefined;
  if (content.kind !== "raw" || content.bytes.length !== bytesOf(dataType, elements)) return undefined;
  return storedNumbers(dataType, content.bytes);
}

function numberText(numbers: StoredNumbers, type: DataType): (at: number) => string {
  if (fieldOf(type) !== "floatData" && fieldOf(type) !== "doubleData") return (at) => String(numbers[at]);
  const text = fieldOf(type) === "floatData" ? float32Text : float64Text;
  return (at) => {
    const value = Number(numbers[at]);
    return Number.isNaN(value) && isNegative(numbers, at) ? "-nan" : text(value);
  };
}

function* inBraces(length: number, text: (at: number) => string): Generator<string> {
  if (length <= IN_LINE) {
    yield `{${Array.from({ length }, (_, at) => text(at)).join(",")}}`;
    return;
  }
  yield "{\n";
  let line = "    ";
  for (let at = 0; at < length; at++) {
    line += text(at);
    if (at + 1 === length) line += "\n";
    else if ((at + 1) % IN_LINE !== 0) line += ",";
    else {
      yield `${line},\n`;
      line = "    ";
    }
  }
  yield line;
  yield "  }";
}

/** Contents that read their elements on demand become plain ones. */
function plainContent(content: TensorContent): TensorContent {
  return content.kind === "field" ? { kind: "field", field: content.field, values: content.values } : content;
}
