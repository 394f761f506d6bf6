/** Which alarms are listed. Kept in the address, so that a list can be shared as it stands. */
import type { ReactNode } from 'react';
import { Choice } from '../ui/choice.tsx';
import { hrefOf } from '../ui/route.ts';
import type { Priority } from '../wire.ts';
import { type Filter, STATE_FILTERS, type StateFilter } from './order.ts';
import { KIND_OPTIONS, kindOf, PRIORITY_WORD } from './words.ts';

export type AlarmFolder = 'open' | 'hidden' | 'history';

/** What the address says of the list. */
export interface Listing extends Filter {
  readonly folder: AlarmFolder;
  /** Exact name, for the history. */
  readonly source: string | null;
}

const PRIORITIES: readonly Priority[] = [1, 2, 3, 4];

export function listingOf(parameters: URLSearchParams): Listing {
  const folder = parameters.get('list');
  const priority = Number(parameters.get('priority'));
  const state = parameters.get('state');
  return {
    folder: folder === 'hidden' || folder === 'history' ? folder : 'open',
    isHidden: folder === 'hidden',
    priority: PRIORITIES.find((one) => one === priority) ?? null,
    kind: kindOf(parameters.get('kind')),
    state: STATE_FILTERS.find((one) => one === state) ?? null,
    source: parameters.get('source'),
  };
}

export function hrefFor(id: string | null, { folder, priority, kind, state, source }: Listing): string {
  return hrefOf(id === null ? 'alarms' : `alarms/${id}`, {
    list: folder === 'open' ? null : folder,
    priority: priority === null ? null : String(priority),
    kind,
    state,
    source,
  });
}

export const isNarrowed = ({ priority, kind, state, source }: Listing): boolean =>
  priority !== null || kind !== null || state !== null || source !== null;

const STATE_TEXT: Readonly<Record<StateFilter, string>> = {
  waiting: 'Not acknowledged',
  acknowledged: 'Acknowledged',
  latched: 'Waits for reset',
};

interface FiltersProps {
  readonly listing: Listing;
  readonly counts: { readonly open: number; readonly hidden: number };
  readonly onChange: (listing: Listing) => void;
}

export function Filters({ listing, counts, onChange }: FiltersProps): ReactNode {
  const { folder, priority, kind, state, source } = listing;
  const options = [
    { value: 'open' as const, text: `Open ${counts.open.toLocaleString('en')}` },
    {
      value: 'hidden' as const,
      text: `Hidden ${counts.hidden.toLocaleString('en')}`,
      title: 'Shelved, out of service, under maintenance',
    },
    { value: 'history' as const, text: 'History' },
  ];
  return (
    <div className="alarm-filters">
      <Choice
        label="List"
        options={options}
        value={folder}
        onChoose={(next) => onChange({ ...listing, folder: next, isHidden: next === 'hidden' })}
      />
      {folder !== 'history' && (
        <Select
          label="Priority"
          value={priority === null ? '' : String(priority)}
          options={PRIORITIES.map((one) => ({ value: String(one), text: PRIORITY_WORD[one] }))}
          onChoose={(value) =>
            onChange({ ...listing, priority: PRIORITIES.find((one) => String(one) === value) ?? null })
          }
        />
      )}
      <Select
        label="Kind"
        value={kind ?? ''}
        options={KIND_OPTIONS}
        onChoose={(value) => onChange({ ...listing, kind: kindOf(value) })}
      />
      {folder === 'history' ? (
        <input
          key={source}
          type="search"
          aria-label="Source: name of a module or gateway"
          placeholder="Module or gateway"
          defaultValue={source ?? ''}
          onBlur={(event) => onChange({ ...listing, source: event.target.value.trim() || null })}
          onKeyDown={(event) => {
            if (event.key === 'Enter')
              onChange({ ...listing, source: event.currentTarget.value.trim() || null });
          }}
        />
      ) : (
        <Select
          label="State"
          value={state ?? ''}
          options={STATE_FILTERS.map((value) => ({ value, text: STATE_TEXT[value] }))}
          onChoose={(value) =>
            onChange({ ...listing, state: STATE_FILTERS.find((one) => one === value) ?? null })
          }
        />
      )}
    </div>
  );
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly onChoose: (value: string) => void;
}

const Select = ({ label, value, options, onChoose }: SelectProps): ReactNode => (
  <select
    aria-label={label}
    className={value === '' ? '' : 'is-set'}
    value={value}
    onChange={(event) => onChoose(event.target.value)}
  >
    <option value="">{label}: all</option>
    {options.map(({ value: option, text }) => (
      <option key={option} value={option}>
        {text}
      </option>
    ))}
  </select>
);
