/** Fields of the form: a label, a value with its unit, and what is wrong with it. */
import { type ReactNode, useId, useState } from 'react';

interface NumberFieldProps {
  readonly label: string;
  readonly unit?: string;
  /** Undefined: left to the default. */
  readonly value: number | undefined;
  /** Shown while nothing is given. */
  readonly fallback?: number | undefined;
  readonly problem?: string | undefined;
  readonly title?: string;
  readonly onChange: (value: number | undefined) => void;
}

export const numberText = (value: number): string => String(Number(value.toPrecision(9)));

/** A number as it is typed; it is taken as soon as it is one, and an empty field leaves it to the default. */
export function NumberField(props: NumberFieldProps): ReactNode {
  const { label, unit, value, fallback, problem, title, onChange } = props;
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const isBroken = typed !== null && typed.trim() !== '' && !Number.isFinite(Number(typed));
  const said = isBroken ? 'This is no number.' : problem;
  return (
    <div className={`field ${said ? 'is-wrong' : ''}`}>
      <label htmlFor={id} title={title}>
        {label}
      </label>
      <span className="field-value">
        <input
          id={id}
          inputMode="decimal"
          autoComplete="off"
          placeholder={fallback === undefined ? '' : numberText(fallback)}
          value={typed ?? (value === undefined ? '' : numberText(value))}
          aria-invalid={said !== undefined}
          aria-describedby={said ? `${id}-wrong` : undefined}
          onChange={({ target }) => {
            const text = target.value.replace(',', '.');
            setTyped(text);
            if (text.trim() === '') onChange(undefined);
            else if (Number.isFinite(Number(text))) onChange(Number(text));
          }}
          onBlur={() => !isBroken && setTyped(null)}
        />
        {unit && <span className="unit">{unit}</span>}
      </span>
      {said && (
        <p className="wrong" id={`${id}-wrong`}>
          {said}
        </p>
      )}
    </div>
  );
}

interface SelectFieldProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: string }[];
  readonly onChange: (value: T) => void;
}

export function SelectField<T extends string>(props: SelectFieldProps<T>): ReactNode {
  const { label, value, options, onChange } = props;
  const id = useId();
  return (
    <div className="field is-wide">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={({ target }) => onChange(target.value as T)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </div>
  );
}
