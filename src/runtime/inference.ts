import { ShapeTable, type ValueShape } from "../analysis/shapes.js";
import { DataType, elementTypeOf, type Model, type Node, topologicalOrder, type Value } from "../ir/index.js";
import { constantTensor } from "../ops/index.js";
import { declaredShape } from "./declared.js";
import type { PinnedInputs } from "./inputs.js";
import { piecesOf, withShapeArithmetic } from "./pieces.js";
import type { Port } from "./port.js";
import { askShapes, askTypes, valuesRead } from "./probe.js";
import { measureShapesTask, readTypesTask } from "./probe-task.js";
import { Prober, type Refusal } from "./prober.js";
import { reasonOf } from "./refusal.js";

/** Bounds of one probe that is only loaded, and of one that is run. */
const LOAD_LIMITS = { timeoutMs: 60_000, memoryMb: 4_000 };
const RUN_LIMITS = { timeoutMs: 10_000, memoryMb: 4_000 };

/** How often what a probe cannot have is taken out of it, one kind of node at a time. */
const MOST_TRIES = 25;

/** How often a few nodes are run to see further. */
const MOST_ROUNDS = 20;

/** Shapes of a model's values at one choice of dimensions for its inputs. */
export class Inference {
  readonly #model: Model;
  /** In topological order. */
  readonly #nodes: readonly Node[];
  readonly #order: ReadonlyMap<Node, number>;
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
    this.#order = new Map(this.#nodes.map((node, position) => [node, position]));
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

  /** True where inputs of a node did not fit each other at these sizes. */
  get misfit(): boolean {
    return this.#prober.misfit;
  }

  /** Tensor values that nodes make and whose dimensions are not known. */
  get unknown(): Value[] {
    return outputsOf(this.#nodes).filter((value) => this.#isUnknown(value));
  }

  /** True where every output has as many samples as the first input. */
  get keepsBatch(): boolean {
    const batch = this.table().batch;
    return this.#model.graph.outputs.every(
      (output) => this.#others.has(output) || this.#shapes.get(output)?.dims?.[0] === batch,
    );
  }

  table(): ShapeTable {
    const gaps = this.unknown.length > 0 ? [...this.#prober.gaps] : [];
    return new ShapeTable({ shapes: this.#shapes, pinned: this.#pinned, gaps });
  }

  /** Asks onnxruntime. A node whose inputs do not fit at these sizes ends it, unless such nodes are left out. */
  async infer({ leaveOutMisfits }: { readonly leaveOutMisfits: boolean }): Promise<void> {
    for (const piece of piecesOf(this.#nodes)) {
      if (this.misfit && !leaveOutMisfits) return;
      const nodes = withShapeArithmetic(piece, this.#order, this.#shapes);
      const asked = new Set(piece.flatMap((node) => node.outputs));
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const refusal = await this.#readTypes(nodes, asked);
        if (!refusal) break;
        if (!this.#prober.adjust(refusal, leaveOutMisfits)) break;
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

  /** Runs the model on random numbers; false where it refuses these sizes. A run that takes too long refuses nothing. */
  async runs(): Promise<boolean> {
    const result = await this.#measure(this.#nodes, this.#model.graph.outputs);
    return result === "found" || result === "stopped";
  }

  /**
   * Finds unknown sizes by running, on random numbers, just the nodes that inference cannot see through, and asks
   * again about what comes after them; where they need more of the model around them, runs all of it.
   */
  async measure(): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const unclear = this.#nodes.filter((node) =>
        node.outputs.some((value) => value && this.#isUnknown(value)),
      );
      if (unclear.length === 0) return;
      const frontier = unclear.filter((node) =>
        [...valuesRead(node)].every((value) => !this.#isUnknown(value)),
      );
      const result = await this.#measure(
        withShapeArithmetic(frontier, this.#order, this.#shapes),
        outputsOf(frontier),
      );
      if (result === "stopped") return;
      if (result !== "found") break;
      await this.#readTypes(withShapeArithmetic(unclear, this.#order, this.#shapes), new Set(this.unknown));
    }
    await this.#measure(this.#nodes, this.unknown);
  }

  #isUnknown(value: Value): boolean {
    return !constantTensor(value) && !this.#others.has(value) && !this.#shapes.get(value)?.dims;
  }

  async #readTypes(nodes: readonly Node[], asked: ReadonlySet<Value | null>): Promise<Refusal | undefined> {
    const probe = this.#prober.build(nodes, this.#shapes);
    const values = probe.values.filter((value) => asked.has(value));
    if (values.length === 0) return undefined;
    askTypes(probe, values);
    const reply = await this.#prober.ask(readTypesTask, probe, LOAD_LIMITS);
    if (!reply.ok) return reply;
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

  /** Runs the nodes and keeps the sizes of those of the wanted values that they make. */
  async #measure(
    nodes: readonly Node[],
    wanted: readonly Value[],
  ): Promise<"found" | "none" | "refused" | "stopped"> {
    const probe = this.#prober.build(nodes, this.#shapes);
    const computed = new Set(probe.values);
    const values = wanted.filter((value) => computed.has(value) && !this.#others.has(value));
    if (values.length === 0) return "none";
    askShapes(probe, values);
    const reply = await this.#prober.ask(measureShapesTask, probe, RUN_LIMITS);
    if (!reply.ok) {
      this.#prober.gaps.add(`a trial run failed: ${reasonOf(reply.message)}`);
      return reply.stopped ? "stopped" : "refused";
    }
    values.forEach((value, i) => {
      const elementType = this.#shapes.get(value)?.elementType ?? DataType.UNDEFINED;
      this.#shapes.set(value, { elementType, dims: reply.found[i] });
    });
    return "found";
  }
}

function outputsOf(nodes: readonly Node[]): Value[] {
  return nodes.flatMap((node) => node.outputs.filter((value) => value !== null));
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
