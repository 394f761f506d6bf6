/** One fault or disturbance of the experiment, with the parameters that its kind has. */
import {
  FAULT_KINDS,
  type FaultEntry,
  type FaultKind,
  type Parameter,
  strengthOf,
} from '@emberwatch/engine/physics';
import { S_PER_H } from '@emberwatch/engine/units';
import { type ReactNode, useState } from 'react';
import type { Problem } from './document.ts';
import { NumberField, SelectField } from './fields.tsx';

/** Without end. */
const FOR_EVER = 1e9;
const FEWEST_H = 0.05;

/** `internalShort` reads as `Internal short`. */
export const kindText = (kind: string): string => {
  const words = kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export const faultKindOf = ({ kind }: Pick<FaultEntry, 'kind'>): FaultKind | undefined =>
  FAULT_KINDS.find((candidate) => candidate.kind === kind);

/** `resistance after the ramp, ohm` is a label and a unit. */
function partsOf({ about }: Parameter): { label: string; unit: string | undefined } {
  const match = /^(.*), ([^\s,]+)$/.exec(about);
  const text = match ? match[1]! : about;
  return { label: text.charAt(0).toUpperCase() + text.slice(1), unit: match?.[2] };
}

/** What a new fault of a kind begins with: it must be whole to be run. */
const FIRST_VALUES: Readonly<Record<string, number>> = {
  resistanceOhm: 0.008,
  baseHeatW: 50,
  maxHeatW: 500,
  timeToMaxHeatS: 3600,
  powerW: 500,
  riseK: 10,
  currentA: 140,
  dischargeC: 0.5,
};

/** An entry of this kind with what must be given, on the same module or rack where it can be. */
export function entryOf(kind: FaultKind, module: string, before: Partial<FaultEntry> = {}): FaultEntry {
  const rack = module.slice(0, module.lastIndexOf('_'));
  const target = kind.target === 'room' ? {} : kind.target === 'rack' ? { rack } : { module };
  const required = kind.parameters.filter(({ fallback }) => fallback === undefined);
  const values = required.map(({ name }) => {
    const kept = before[name];
    return [name, typeof kept === 'number' ? kept : (FIRST_VALUES[name] ?? (name === 'startS' ? 600 : 1))];
  });
  return { kind: kind.kind, ...target, ...Object.fromEntries(values) };
}

interface FaultFormProps {
  readonly at: number;
  readonly entry: FaultEntry;
  readonly modules: readonly string[];
  readonly problem: Problem | null;
  readonly isBusy: boolean;
  readonly onChange: (entry: FaultEntry) => void;
  readonly onRemove: () => void;
  /** Asks for the strength that reaches the point of no return after this time. */
  readonly onSize: (module: string, wantedS: number) => void;
}

const KIND_OPTIONS = FAULT_KINDS.map(({ kind, hazard }) => ({
  value: kind,
  text: hazard ? kindText(kind) : `${kindText(kind)} (harmless)`,
}));

export function FaultForm(props: FaultFormProps): ReactNode {
  const { at, entry, modules, problem, isBusy, onChange, onRemove, onSize } = props;
  const kind = faultKindOf(entry);
  const module = entry.module ?? modules.find((id) => id.startsWith(`${entry.rack}_`)) ?? modules[0] ?? '';
  const strength = kind?.strength && strengthOf(kind.strength, entry);
  // Of two ways to say the same only the one that is used is shown.
  const hidden = new Set(
    kind?.strength?.or === undefined
      ? []
      : [strength?.parameter === kind.strength.or ? kind.strength.parameter : kind.strength.or],
  );
  const shown = kind?.parameters.filter(({ name }) => !hidden.has(name)) ?? [];
  const set = (name: string, value: unknown): void => {
    const { [name]: _, ...rest } = entry;
    onChange(value === undefined ? (rest as FaultEntry) : { ...entry, [name]: value });
  };
  return (
    <fieldset className="fault">
      <legend>
        {kind?.hazard === false ? 'Disturbance' : 'Fault'} {at + 1}
      </legend>
      <button type="button" className="remove" onClick={onRemove} aria-label={`Remove fault ${at + 1}`}>
        ✕
      </button>
      <SelectField
        label="Kind"
        value={entry.kind}
        options={KIND_OPTIONS}
        onChange={(next) => onChange(entryOf(faultKindOf({ kind: next })!, module, entry))}
      />
      {entry.module !== undefined && (
        <SelectField
          label="Module"
          value={entry.module}
          options={modules.map((value) => ({ value, text: value }))}
          onChange={(next) => set('module', next)}
        />
      )}
      {entry.rack !== undefined && (
        <SelectField
          label="Rack"
          value={entry.rack}
          options={[...new Set(modules.map((id) => id.slice(0, id.lastIndexOf('_'))))].map((value) => ({
            value,
            text: value,
          }))}
          onChange={(next) => set('rack', next)}
        />
      )}
      {shown.map((parameter) => {
        const value = entry[parameter.name];
        const { label, unit } = partsOf(parameter);
        return (
          <NumberField
            key={parameter.name}
            label={label}
            title={parameter.name}
            {...(unit && { unit })}
            value={typeof value === 'number' ? value : undefined}
            fallback={parameter.fallback === FOR_EVER ? undefined : parameter.fallback}
            problem={problem?.path === `faults[${at}].${parameter.name}` ? problem.message : undefined}
            onChange={(next) => set(parameter.name, next)}
          />
        );
      })}
      {strength && <Sizing isBusy={isBusy} onSize={(wantedS) => onSize(module, wantedS)} />}
    </fieldset>
  );
}

function Sizing({ isBusy, onSize }: { isBusy: boolean; onSize: (wantedS: number) => void }): ReactNode {
  const [hours, setHours] = useState<number | undefined>(3);
  const isPossible = hours !== undefined && hours >= FEWEST_H;
  return (
    <div className="sizing">
      <NumberField label="Point of no return after" unit="h" value={hours} onChange={setHours} />
      <button
        type="button"
        className="button"
        disabled={isBusy || !isPossible}
        onClick={() => isPossible && onSize(hours * S_PER_H)}
      >
        Find the strength
      </button>
    </div>
  );
}
