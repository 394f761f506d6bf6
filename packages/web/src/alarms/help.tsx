import { type ReactNode, useEffect, useRef } from 'react';
import { Choice } from '../ui/choice.tsx';
import { useSetting } from '../ui/setting.ts';
import { KEY_HELP, KEYS_CHOICES, keysSetting } from './keys.ts';

const KEYS_TEXT = { on: 'On', off: 'Off' } as const;

export function Help({ onClose }: { onClose: () => void }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const keys = useSetting(keysSetting);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="help" aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">Keyboard</h2>
      <table>
        <tbody>
          {KEY_HELP.map(([key, what]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="help-keys">
        Single letters
        <Choice
          label="Single letters"
          options={KEYS_CHOICES.map((value) => ({ value, text: KEYS_TEXT[value] }))}
          value={keys}
          onChoose={keysSetting.choose}
        />
      </p>
      <button type="button" className="button is-primary" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
