import { ShapeTable, type ValueShape } from "../analysis/shapes.js";
import { DataType, elementTypeOf, type Model, type Node, topologicalOrder, type Value } from "../ir/index.js";
import { constantTensor } from "../ops/index.js";
import { declaredShape } from "./declared.js";
import type { PinnedInputs } from "./inputs.js";
import { piecesOf, withShapeArithmetic } from "./pieces.js";
import type { Port } from "./port.js";
import { askShapes, askTypes } from "./probe.js";
import { measureShapesTask, readTypesTask } from "./probe-task.js";
import { Prober } from "./prober.js";
import { reasonOf } from "./refusal.js";

/** Bounds of one probe that is only loaded, and of one that is run. */
const LOAD_LIMITS = { timeoutMs: 60_000, memoryMb: 4_000 };
const RUN_LIMITS = { timeoutMs: 20_000, memoryMb: 4_000 };

/** How often what a probe cannot have is taken out of it, one kind of node at a time. */
const MOST_TRIES = 25;

/** Shapes of a model's values at one choice of dimensions for its inputs. */
export class Inference {
  readonly #model: Model;
  /** In topological order. */
  readonly #nodes: readonly Node[];
  readonly #pinned: PinnedInputs;
  readonly #prober: Prober;
  readonly #shapes = new Map<Value, ValueShape>();
  /** Sizes of which only some are known. */
  readonly #partial = new Map<Value, readonly (number | string)[]>();
  /** Values that are no tensors: sequences, maps. */
  readonly #others = new Set<Value>();

  constructor(model: Model, pinned: PinnedInputs) {
    this.#model = model;
    this.#nodes = topologicalOrder(model.graph) ?? model.graph.nodes;
    this.#pinned = pinned;
    this.#prober = new Prober(model);
    for (const input of model.graph.inputs) {
      const dims = pinned.get(input.name);
      if (dims) this.#shapes.set(input, { elementType: elementTypeOf(input) ?? DataType.UNDEFINED, dims });
    }
    for (const { values, dims } of model.graph.sparseInitializers) {
      const value = values.name === undefined ? undefined : model.graph.find(values.name);
      if (value) this.#shapes.set(value, { elementType: values.dataType, dims });
    }
  }

  /** Tensor values that nodes make and whose dimensions are not known. */
  get unknown(): Value[] {
    const made = this.#nodes.flatMap((node) => node.outputs.filter((value) => value !== null));
    return made.filter(
      (value) => !constantTensor(value) && !this.#others.has(value) && !this.#shapes.get(value)?.dims,
    );
  }

  table(): ShapeTable {
    const gaps = this.unknown.length > 0 ? [...this.#prober.gaps] : [];
    return new ShapeTable({ shapes: this.#shapes, pinned: this.#pinned, gaps });
  }

  /** Asks onnxruntime. A node whose inputs do not fit at these sizes ends it, unless such nodes are left out. */
  async infer({ leaveOutMisfits }: { readonly leaveOutMisfits: boolean }): Promise<void> {
    const order = new Map(this.#nodes.map((node, position) => [node, position]));
    for (const piece of piecesOf(this.#nodes)) {
      const nodes = withShapeArithmetic(piece, order, this.#shapes);
      const asked = new Set(piece.flatMap((node) => node.outputs));
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const message = await this.#readTypes(nodes, asked);
        if (message === undefined) break;
        if (!this.#prober.adjust(message, leaveOutMisfits)) return;
      }
    }
  }

  /** Takes what the file says about unknown values, where it does not contradict what is known. */
  fillFromFile(): void {
    for (const value of this.unknown) {
      const declared = declaredShape(value);
      if (declared?.dims && agrees(declared.dims, this.#partial.get(value)))
        this.#shapes.set(value, declared);
    }
  }

  /** Runs the model on random numbers to see the sizes of its outputs; false where it does not run. */
  runs(): Promise<boolean> {
    return this.#measure(this.#model.graph.outputs);
  }

  /** Runs the model on random numbers to see all unknown sizes; false where it does not run. */
  measure(): Promise<boolean> {
    return this.#measure(this.unknown);
  }

  async #readTypes(nodes: readonly Node[], asked: ReadonlySet<Value | null>): Promise<string | undefined> {
    const probe = this.#prober.build(nodes, this.#shapes);
    const values = probe.values.filter((value) => asked.has(value));
    askTypes(probe, values);
    const reply = await this.#prober.ask(readTypesTask, probe, LOAD_LIMITS);
    if (!reply.ok) return reply.message;
    const unclear = values.filter((value, i) => this.#record(value, reply.found[i]));
    if (unclear.length > 0) await this.#tellScalars(nodes, unclear);
    return undefined;
  }

  /** Keeps what a session says about a value; true where that may mean a scalar as well as an unknown rank. */
  #record(value: Value, port: Port | undefined): boolean {
    if (!port || port.dataType === DataType.UNDEFINED) {
      this.#others.add(value);
      return false;
    }
    const elementType = this.#prober.trueType(value, port.dataType, this.#shapes);
    const known = port.dims.length > 0 && port.dims.every(isSize);
    this.#shapes.set(value, { elementType, dims: known ? port.dims : undefined });
    if (port.dims.length > 0) this.#partial.set(value, port.dims);
    return port.dims.length === 0;
  }

  /** The shape of a scalar is a list of no sizes; that of an unknown rank is a list of unknown length. */
  async #tellScalars(nodes: readonly Node[], values: readonly Value[]): Promise<void> {
    const probe = this.#prober.build(nodes, this.#shapes);
    askShapes(probe, values);
    const reply = await this.#prober.ask(readTypesTask, probe, LOAD_LIMITS);
    if (!reply.ok) return;
    values.forEach((value, i) => {
      const elementType = this.#shapes.get(value)?.elementType ?? DataType.UNDEFINED;
      if (reply.found[i]?.dims[0] === 0) this.#shapes.set(value, { elementType, dims: [] });
    });
  }

  async #measure(wanted: readonly Value[]): Promise<boolean> {
    const probe = this.#prober.build(this.#nodes, this.#shapes);
    const computed = new Set(probe.values);
    const values = wanted.filter((value) => computed.has(value) && !this.#others.has(value));
    if (values.length === 0) return true;
    askShapes(probe, values);
    const reply = await this.#prober.ask(measureShapesTask, probe, RUN_LIMITS);
    if (!reply.ok) {
      this.#prober.gaps.add(`a trial run failed: ${reasonOf(reply.message)}`);
      return false;
    }
    values.forEach((value, i) => {
      const elementType = this.#shapes.get(value)?.elementType ?? DataType.UNDEFINED;
      this.#shapes.set(value, { elementType, dims: reply.found[i] });
    });
    return true;
  }
}

function isSize(size: number | string): size is number {
  return typeof size === "number" && size >= 0;
}

function agrees(dims: readonly number[], partial: readonly (number | string)[] | undefined): boolean {
  if (!partial) return true;
  return (
    partial.length === dims.length && partial.every((size, axis) => !isSize(size) || size === dims[axis])
  );
}
