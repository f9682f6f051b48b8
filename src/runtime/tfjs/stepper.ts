import type { Tensor } from "@tensorflow/tfjs-core";
import { invariant } from "../../base/errors.js";
import {
  DataType,
  integersOf,
  type Model,
  type Tensor as OnnxTensor,
  toFloat32,
  type Value,
} from "../../ir/index.js";
import type { Feeds } from "../feeds.js";
import { type HostTensor, numbersIn } from "../host-tensor.js";
import type { StateNames, Stepper } from "../resident.js";
import type { RunOutput } from "../session.js";
import { type Kernel, kernelOf, type Tfjs, tfjsType } from "./ops.js";

/** A node made ready, and the values that nobody reads any more after it. */
interface Instruction {
  readonly run: Kernel;
  readonly inputs: readonly Value[];
  readonly outputs: readonly (Value | null)[];
  readonly done: readonly Value[];
}

/** A graph run node by node with tfjs. Constants and state stay on its device. */
export class TfjsStepper implements Stepper {
  readonly #instructions: readonly Instruction[];
  readonly #constants = new Map<Value, Tensor>();
  readonly #state = new Map<string, Tensor>();
  /** tfjs computes with one backend at a time. */
  readonly #backend: string;

  constructor(
    private readonly tf: Tfjs,
    private readonly model: Model,
    private readonly names: StateNames,
  ) {
    const { graph } = model;
    this.#backend = tf.getBackend();
    this.#instructions = instructions(model);
    for (const value of graph.values) {
      if (value.initializer) this.#constants.set(value, this.#constant(value.initializer));
    }
  }

  #constant(tensor: OnnxTensor): Tensor {
    const type = tfjsType(tensor.dataType);
    const data = type === "float32" ? toFloat32(tensor) : Int32Array.from(integersOf(tensor), bounded);
    return this.tf.tensor(data, [...tensor.dims], type);
  }

  #put({ dataType, dims, data }: HostTensor): Tensor {
    const type = tfjsType(dataType);
    const values =
      data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array
        ? data
        : Int32Array.from(numbersIn({ dataType, dims, data }), bounded);
    return this.tf.tensor(values, [...dims], type);
  }

  async step(feeds: Feeds): Promise<RunOutput[]> {
    const { graph } = this.model;
    if (this.tf.getBackend() !== this.#backend) await this.tf.setBackend(this.#backend);
    const at = new Map<Value, Tensor>(this.#constants);
    for (const input of graph.inputs) {
      const kept = this.#state.get(input.name);
      const feed = feeds.get(input.name);
      if (kept) at.set(input, kept);
      else if (feed) at.set(input, this.#put(feed));
      else if (!input.initializer) invariant(false, () => `input ${input.name} was not fed`);
    }
    for (const instruction of this.#instructions) this.#run(instruction, at);
    this.#release(
      graph.inputs.filter(({ name }) => !this.#state.has(name)),
      at,
    );
    const stateOf = new Map([...this.names].map(([input, output]) => [output, input]));
    const outputs: RunOutput[] = [];
    for (const output of graph.outputs) {
      const tensor = at.get(output);
      invariant(tensor, () => `output ${output.name} was computed`);
      const input = stateOf.get(output.name);
      if (input !== undefined) this.#keep(input, tensor);
      else {
        outputs.push({ name: output.name, ...(await read(tensor)) });
        tensor.dispose();
      }
    }
    return outputs;
  }

  /** Intermediate tensors of a kernel go at once, its inputs when they have been read for the last time. */
  #run({ run, inputs, outputs, done }: Instruction, at: Map<Value, Tensor>): void {
    const given = inputs.map((value) => {
      const tensor = at.get(value);
      invariant(tensor, () => `${value.name} was computed`);
      return tensor;
    });
    const made = this.tf.tidy(() => run(this.tf, given));
    outputs.forEach((value, i) => {
      const tensor = made[i];
      if (value && tensor) at.set(value, tensor);
    });
    this.#release(done, at);
  }

  #release(values: readonly Value[], at: Map<Value, Tensor>): void {
    for (const value of values) {
      if (value.initializer) continue;
      at.get(value)?.dispose();
      at.delete(value);
    }
  }

  #keep(name: string, tensor: Tensor): void {
    this.#state.get(name)?.dispose();
    this.#state.set(name, tensor);
  }

  async read(): Promise<Map<string, HostTensor>> {
    const entries = [...this.#state].map(async ([name, tensor]) => [name, await read(tensor)] as const);
    return new Map(await Promise.all(entries));
  }

  async write(state: Feeds): Promise<void> {
    for (const [name, tensor] of state) {
      invariant(this.names.has(name), () => `${name} is no state`);
      this.#keep(name, this.#put(tensor));
    }
  }

  async close(): Promise<void> {
    for (const tensor of [...this.#constants.values(), ...this.#state.values()]) tensor.dispose();
    this.#constants.clear();
    this.#state.clear();
  }
}

/** tfjs has no wider integers; "to the end" stays beyond every size. */
function bounded(value: number): number {
  return Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1);
}

async function read(tensor: Tensor): Promise<HostTensor> {
  const data = await tensor.data();
  if (data instanceof Float32Array) return { dataType: DataType.FLOAT, dims: tensor.shape, data };
  if (data instanceof Int32Array) return { dataType: DataType.INT32, dims: tensor.shape, data };
  return { dataType: DataType.BOOL, dims: tensor.shape, data };
}

function instructions({ graph }: Model): Instruction[] {
  const lastReader = new Map<Value, number>();
  const { nodes } = graph;
  [...nodes].forEach((node, i) => {
    for (const value of [...node.outputs, ...node.inputs]) if (value) lastReader.set(value, i);
  });
  const doneAt = new Map<number, Value[]>();
  for (const [value, reader] of lastReader) {
    if (!value.producer || value.isOutput) continue;
    doneAt.set(reader, [...(doneAt.get(reader) ?? []), value]);
  }
  return [...nodes].map((node, i) => ({
    run: kernelOf(node),
    inputs: node.inputs.flatMap((value) => value ?? []),
    outputs: node.outputs,
    done: doneAt.get(i) ?? [],
  }));
}
