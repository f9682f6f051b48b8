import { bytesOf, DataType } from "../../ir/data-type.js";
import { fieldOf } from "../../ir/raw-form.js";
import type { Tensor, TensorContent } from "../../ir/tensor.js";
import { float64Text } from "./float-text.js";
import type { Notes } from "./notes.js";
import { NumberWriter } from "./number-writer.js";
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
    return { text: [`{${values.map(stringText).join(",")}}`], notes: {} };
  }
  const numbers = numbersOf(tensor, content);
  if (!numbers) return { text: [], notes: { content: plainContent(content) } };
  const isRaw = content.kind === "raw";
  const text = numbersText(numbers, numberWriting(numbers, dataType));
  // Beside the exact content too: only the field says that any number of values may stand in the braces.
  const field = content.kind === "field" ? content.field : undefined;
  return { text, notes: { field, ...(hasOddNaN(numbers, isRaw) && { content: plainContent(content) }) } };
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

type WriteNumber = (writer: NumberWriter, at: number) => void;

function numberWriting(numbers: StoredNumbers, type: DataType): WriteNumber {
  const field = fieldOf(type);
  if (field !== "floatData" && field !== "doubleData")
    return (writer, at) => writer.text(String(numbers[at]));
  return (writer, at) => {
    const value = Number(numbers[at]);
    if (Number.isNaN(value)) writer.text(isNegative(numbers, at) ? "-nan" : "nan");
    else if (field === "floatData") writer.float32(value);
    else writer.text(float64Text(value));
  };
}

/** `{1,2}`; a long list takes several lines. */
function* numbersText(numbers: StoredNumbers, write: WriteNumber): Generator<string> {
  const { length } = numbers;
  const writer = new NumberWriter(length);
  const isLong = length > IN_LINE;
  writer.text(isLong ? "{\n    " : "{");
  for (let at = 0; at < length; at++) {
    write(writer, at);
    if (at + 1 < length) writer.text((at + 1) % IN_LINE === 0 ? ",\n    " : ",");
    if (writer.isFull) yield writer.take();
  }
  writer.text(isLong ? "\n  }" : "}");
  yield writer.take();
}

/** Contents that read their elements on demand become plain ones. */
function plainContent(content: TensorContent): TensorContent {
  return content.kind === "field" ? { kind: "field", field: content.field, values: content.values } : content;
}
