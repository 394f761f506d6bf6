/** A YAML file that a person wrote: its value, and the line of each place in it. */
import { readFile, stat } from 'node:fs/promises';
import { ScenarioError } from '@emberwatch/engine/physics';
import { InputError } from '@emberwatch/engine/telemetry';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';

/** A scenario is one screen; anything this long is another file named by mistake. */
const MAX_BYTES = 4 << 20;

const READ_ERRORS: Record<string, string> = {
  ENOENT: 'no such file',
  EISDIR: 'this is a folder; name a file',
  EACCES: 'it may not be read',
};

export class YamlFile {
  readonly path: string;
  readonly value: unknown;
  private readonly text: string;
  private readonly document: Document;
  private readonly lines: LineCounter;

  /** Errors: `InputError` with file and line where the text is no YAML. */
  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.lines = new LineCounter();
    this.document = parseDocument(text, { lineCounter: this.lines });
    const [broken] = this.document.errors;
    if (broken) {
      const line = broken.linePos?.[0].line;
      const reason = broken.message.split('\n')[0]!.replace(/ at line \d+, column \d+:$/, '');
      throw new InputError(`${path}: ${line ? `line ${line}: ` : ''}${reason}`);
    }
    try {
      this.value = this.document.toJS();
    } catch (error) {
      throw new InputError(`${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** `check` on the value of the file; a `ScenarioError` becomes an `InputError` with file, line, path and value. */
  checked<T>(check: (value: unknown) => T, value: unknown = this.value): T {
    try {
      return check(value);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      throw new InputError(`${this.path}: ${this.placeOf(error.path)}${error.message}`, { cause: error });
    }
  }

  /** The text with other numbers at some places. What stands there is replaced in place, the rest untouched. */
  withNumbers(changes: readonly (readonly [path: string, value: number])[]): string {
    const places = changes.map(([path, value]) => {
      const node = this.document.getIn(keysOf(path), true);
      return isScalar(node) && node.range ? { from: node.range[0], to: node.range[1], value } : null;
    });
    if (places.every((place) => place !== null)) {
      let text = this.text;
      for (const { from, to, value } of places.sort((a, b) => b.from - a.from))
        text = text.slice(0, from) + String(value) + text.slice(to);
      return text;
    }
    const copy = this.document.clone() as Document;
    for (const [path, value] of changes) copy.setIn(keysOf(path), value);
    return copy.toString({ lineWidth: 0, flowCollectionPadding: false });
  }

  /** `line 12: ` of the place, or of the nearest one around it; nothing where there is none. */
  placeOf(path: string): string {
    const line = this.lineOf(keysOf(path));
    return line === null ? '' : `line ${line}: `;
  }

  /** Line of the place, or of the nearest one around it. */
  private lineOf(keys: readonly (string | number)[]): number | null {
    for (let depth = keys.length; depth > 0; depth--) {
      const parent =
        depth === 1 ? this.document.contents : this.document.getIn(keys.slice(0, depth - 1), true);
      const key = String(keys[depth - 1]);
      const pair = isMap(parent)
        ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
        : undefined;
      const node = pair ? pair.key : this.document.getIn(keys.slice(0, depth), true);
      if (isNode(node) && node.range) return this.lines.linePos(node.range[0]).line;
    }
    return null;
  }
}

/** Keys of a path such as `faults[0].resistanceOhm`. The names of the whole are no keys. */
export function keysOf(path: string): (string | number)[] {
  const keys = path.split(/[.[\]]+/).filter((key) => key !== '');
  if (keys[0] === 'case' || keys[0] === 'scenario') keys.shift();
  return keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key));
}

/** Errors: `InputError` naming the file where it cannot be read or is no YAML. */
export async function readYaml(path: string): Promise<YamlFile> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES)
      throw new InputError(`${path}: ${size} bytes are too many for a YAML file of this kind`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InputError(`${path}: ${READ_ERRORS[code ?? ''] ?? message}`, { cause: error });
  }
  return new YamlFile(path, text);
}
