/** Experiments as YAML: what `npx emberwatch simulate` takes, and what it was given. */
import { isRecord, type ScenarioDocument } from './document.ts';

/** A scenario is one screen. */
const MAX_CHARS = 1 << 20;

/** Text that holds no experiment; the message names the line. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
}

/** The document in the text, not yet checked as a scenario. Errors: `YamlError`. */
export async function documentOfYaml(text: string): Promise<ScenarioDocument> {
  if (text.length > MAX_CHARS) throw new YamlError(`${text.length} letters are too many for a scenario.`);
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken) {
    const line = broken.linePos?.[0].line;
    throw new YamlError(`${line ? `Line ${line}: ` : ''}${broken.message.split(' at line')[0]}`);
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (!isRecord(value)) throw new YamlError('The text holds no scenario: expected names with values.');
  return value;
}

/** Faults and points stand on one line each, as in the examples. */
export async function yamlOf(value: ScenarioDocument): Promise<string> {
  const { Document, isCollection, isPair, visit } = await import('yaml');
  const document = new Document(value);
  visit(document, {
    Collection: (_key, node, path) => {
      const isDeep = node.items.some((item) => isCollection(isPair(item) ? item.value : item));
      if (path.length > 1 && !isDeep) node.flow = true;
      return undefined;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
