/** A few choices of which one holds, side by side. */
import * as ToggleGroup from '@radix-ui/react-toggle-group';
import type { ReactNode } from 'react';

interface ChoiceProps<T extends string> {
  /** Said to people who do not see it. */
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly text: string; readonly title?: string }[];
  readonly value: T;
  readonly onChoose: (value: T) => void;
}

export const Choice = <T extends string>({ label, options, value, onChoose }: ChoiceProps<T>): ReactNode => (
  <ToggleGroup.Root
    type="single"
    className="choice"
    aria-label={label}
    value={value}
    // Pressing the chosen one again leaves it chosen.
    onValueChange={(next) => next && onChoose(next as T)}
  >
    {options.map(({ value: option, text, title }) => (
      <ToggleGroup.Item key={option} value={option} title={title}>
        {text}
      </ToggleGroup.Item>
    ))}
  </ToggleGroup.Root>
);
