/** The experiment as YAML, to take along, to bring in, and to share by a link. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { hrefOf } from '../ui/route.ts';
import type { Checked, ScenarioDocument } from './document.ts';
import { linkOf } from './link.ts';
import { documentOfYaml, yamlOf } from './yaml.ts';

interface ScenarioViewProps {
  readonly document: ScenarioDocument;
  readonly checked: Checked;
  readonly onChange: (document: ScenarioDocument) => void;
}

const fileName = (document: ScenarioDocument, ending: string): string =>
  `${String(document['name'] ?? 'experiment').replace(/[^\w-]+/g, '-')}.${ending}`;

/** Hands a text to the reader as a file. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The document as text; empty until the writer of YAML has been loaded. */
function useYaml(document: ScenarioDocument): string {
  const [written, setWritten] = useState('');
  useEffect(() => {
    let isOpen = true;
    void yamlOf(document).then((text) => isOpen && setWritten(text));
    return () => {
      isOpen = false;
    };
  }, [document]);
  return written;
}

export function ScenarioView({ document, checked, onChange }: ScenarioViewProps): ReactNode {
  const written = useYaml(document);
  const [typed, setTyped] = useState<string | null>(null);
  const [note, setNote] = useState('');
  const take = async (text: string): Promise<void> => {
    try {
      onChange(await documentOfYaml(text));
      setTyped(null);
      setNote('On the bench.');
    } catch (error) {
      setTyped(text);
      setNote(messageOf(error));
    }
  };
  const copyLink = async (): Promise<void> => {
    try {
      const url = new URL(hrefOf('laboratory', { s: await linkOf(document) }), location.href);
      await navigator.clipboard.writeText(url.href);
      setNote('The link is copied: it holds the whole experiment.');
    } catch (error) {
      setNote(`Not copied (${messageOf(error)}); the address of this page is the same link.`);
    }
  };
  const name = fileName(document, 'yaml');
  return (
    <div className="scenario-view">
      <div className="scenario-bar">
        <button type="button" className="button" onClick={() => download(name, written)}>
          Download {name}
        </button>
        <FileButton onText={take} />
        <button type="button" className="button" onClick={copyLink}>
          Copy a link
        </button>
        <button
          type="button"
          className="button is-primary"
          disabled={typed === null || typed === written}
          onClick={() => typed !== null && take(typed)}
        >
          Take what is written
        </button>
        <span className="quiet" role="status">
          {note}
        </span>
      </div>
      <textarea
        aria-label="The experiment as YAML"
        spellCheck={false}
        value={typed ?? written}
        onChange={({ target }) => setTyped(target.value)}
      />
      <p className="quiet">
        {checked.problem ? (
          <span className="wrong">{checked.problem.message}</span>
        ) : (
          <>
            The same numbers at a terminal: <code>npx emberwatch simulate {name} --json</code>
          </>
        )}
      </p>
    </div>
  );
}

function FileButton({ onText }: { onText: (text: string) => Promise<void> }): ReactNode {
  const file = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className="button" onClick={() => file.current?.click()}>
        Open a file
      </button>
      <input
        ref={file}
        type="file"
        accept=".yaml,.yml,.txt"
        hidden
        aria-label="A scenario as YAML"
        onChange={async ({ target }) => {
          const [chosen] = target.files ?? [];
          if (chosen) await onText(await chosen.text());
          target.value = '';
        }}
      />
    </>
  );
}
