/** ONNX models as messages: field numbers of onnx.proto3, ONNX 1.12 (IR 8, operators 13, ML operators 3). */
import { Message } from './protobuf.ts';

type Element = 'float' | 'double';
const ELEMENTS = { float: 1, double: 11 } as const;
const IR_VERSION = 8;
const OPERATORS = 13;
const ML_OPERATORS = 3;
export const ML_DOMAIN = 'ai.onnx.ml';

/** AttributeProto: name 1, value in the field of its type, type 20. */
export const attribute = {
  integer: (name: string, value: number): Message =>
    new Message().text(1, name).integer(3, value).integer(20, 2),
  text: (name: string, value: string): Message => new Message().text(1, name).text(4, value).integer(20, 3),
  floats: (name: string, values: readonly number[]): Message =>
    new Message().text(1, name).floats(7, values).integer(20, 6),
  integers: (name: string, values: readonly number[]): Message =>
    new Message().text(1, name).integers(8, values).integer(20, 7),
  texts: (name: string, values: readonly string[]): Message =>
    new Message()
      .text(1, name)
      .text(9, ...values)
      .integer(20, 8),
};

/** Nodes in the order in which they are computed, and the constants that they take. */
export class Graph {
  private readonly nodes: Message[] = [];
  private readonly constants: Message[] = [];
  private made = 0;

  /** A tensor of 64-bit floats; returns its name. */
  constant(shape: readonly number[], values: readonly number[]): string {
    const name = `constant_${this.constants.length}`;
    const raw = new Uint8Array(Float64Array.from(values).buffer);
    this.constants.push(
      new Message().integers(1, shape).integer(2, ELEMENTS.double).text(8, name).bytes(9, raw),
    );
    return name;
  }

  /** Returns the name of the output. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: readonly Message[] = [],
    domain = '',
    output = `${operator.toLowerCase()}_${this.made++}`,
  ): string {
    this.nodes.push(
      new Message()
        .text(1, ...inputs)
        .text(2, output)
        .text(3, output)
        .text(4, operator)
        .message(5, ...attributes)
        .text(7, domain),
    );
    return output;
  }

  cast(input: string, to: Element, output?: string): string {
    return this.node('Cast', [input], [attribute.integer('to', ELEMENTS[to])], '', output);
  }

  /** The whole model; `inputs` and `outputs` are 32-bit floats of the shape [rows, columns]. */
  model(
    name: string,
    inputs: Readonly<Record<string, number>>,
    outputs: Readonly<Record<string, number>>,
    metadata: Readonly<Record<string, string>>,
  ): Uint8Array {
    const graph = new Message()
      .message(1, ...this.nodes)
      .text(2, name)
      .message(5, ...this.constants)
      .message(11, ...Object.entries(inputs).map(valueInfo))
      .message(12, ...Object.entries(outputs).map(valueInfo));
    return new Message()
      .integer(1, IR_VERSION)
      .text(2, 'emberwatch')
      .message(7, graph)
      .message(8, new Message().text(1, '').integer(2, OPERATORS))
      .message(8, new Message().text(1, ML_DOMAIN).integer(2, ML_OPERATORS))
      .message(
        14,
        ...Object.entries(metadata).map(([key, value]) => new Message().text(1, key).text(2, value)),
      )
      .encoded();
  }
}

function valueInfo([name, columns]: [string, number]): Message {
  const shape = new Message()
    .message(1, new Message().text(2, 'rows'))
    .message(1, new Message().integer(1, columns));
  const tensor = new Message().integer(1, ELEMENTS.float).message(2, shape);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
