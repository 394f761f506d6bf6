/** The experiment as a form: cell, place, surroundings, faults, run. It shows and changes the document, nothing else. */
import {
  CELL_TYPES,
  DEFAULT_MODULE,
  DEFAULT_SITE,
  FAULT_KINDS,
  type FaultEntry,
  moduleIds,
} from '@emberwatch/engine/physics';
import { SENSOR_PRESETS } from '@emberwatch/engine/sensors';
import { S_PER_H } from '@emberwatch/engine/units';
import type { ReactNode } from 'react';
import { type Checked, isRecord, type ScenarioDocument, valueAt, withValue, withValues } from './document.ts';
import { entryOf, FaultForm } from './fault-form.tsx';
import { NumberField, SelectField } from './fields.tsx';

const MAX_FAULTS = 12;

interface FormProps {
  readonly document: ScenarioDocument;
  readonly checked: Checked;
  readonly isBusy: boolean;
  readonly onChange: (document: ScenarioDocument) => void;
  readonly onSize: (module: string, wantedS: number) => void;
}

const CELLS = CELL_TYPES.map(({ id, chemistry, capacityAh }) => ({
  value: id,
  text: `${chemistry} ${Number(capacityAh.toPrecision(3))} Ah (${id})`,
}));

/** Where the modules stand; `own`: as the document has it. */
const PLACES = {
  bench: { text: 'Laboratory bench, one module', keys: { laboratory: {}, site: undefined } },
  module: {
    text: 'One module in a rack',
    keys: { laboratory: undefined, site: { racks: [{ id: 'RackA1', modules: 1 }] } },
  },
  rack: {
    text: 'A rack of 8 modules',
    keys: { laboratory: undefined, site: { racks: [{ id: 'RackA1', modules: 8 }] } },
  },
  warehouse: { text: 'A warehouse: 8 racks of 8', keys: { laboratory: undefined, site: undefined } },
} as const;

type PlaceName = keyof typeof PLACES | 'own';

function placeOf(document: ScenarioDocument): PlaceName {
  if (isRecord(document['laboratory'])) return 'bench';
  const site = document['site'];
  if (site === undefined) return 'warehouse';
  const found = (['module', 'rack'] as const).find(
    (name) => JSON.stringify(PLACES[name].keys.site) === JSON.stringify(site),
  );
  return found ?? 'own';
}

/** Moves everything to another place: what acted on a module that is not there acts on the first one. */
function moved(document: ScenarioDocument, place: Exclude<PlaceName, 'own'>): ScenarioDocument {
  const { laboratory, site } = PLACES[place].keys;
  const next = withValues(document, [
    ['laboratory', laboratory],
    ['site', site],
    ['recordCellsOf', undefined],
    // A bench has one cell unless it is told otherwise.
    ...(place === 'bench' && valueAt(document, 'module.series') === undefined
      ? [['module.series', 4] as const]
      : []),
  ]);
  const racks = place === 'bench' ? [{ id: 'Bench', modules: 1 }] : (site ?? DEFAULT_SITE).racks;
  const modules = moduleIds({ site: { ...DEFAULT_SITE, racks } });
  const faults = faultsOf(next).map((entry) => {
    if (entry.module !== undefined && !modules.includes(entry.module))
      return { ...entry, module: modules[0]! };
    if (entry.rack !== undefined && !racks.some(({ id }) => id === entry.rack))
      return { ...entry, rack: racks[0]!.id };
    return entry;
  });
  return faults.length > 0 ? withValue(next, 'faults', faults) : next;
}

export const faultsOf = (document: ScenarioDocument): FaultEntry[] => {
  const faults = document['faults'];
  return Array.isArray(faults) ? faults.filter(isRecord).map((entry) => entry as unknown as FaultEntry) : [];
};

interface FieldPlan {
  readonly path: string;
  readonly label: string;
  readonly unit?: string;
  readonly fallback?: number;
  /** The document holds the value times this. */
  readonly times?: number;
}

const CELL_FIELDS: readonly FieldPlan[] = [
  { path: 'module.series', label: 'Cells in series', fallback: DEFAULT_MODULE.series },
  { path: 'module.parallel', label: 'Cells in parallel', fallback: DEFAULT_MODULE.parallel },
  {
    path: 'module.startCharge',
    label: 'Charge at the start',
    unit: '%',
    fallback: DEFAULT_MODULE.startCharge,
    times: 0.01,
  },
];

const SURROUNDINGS: readonly FieldPlan[] = [
  { path: 'ambientDegC', label: 'Ambient temperature', unit: '°C', fallback: 25 },
  { path: 'load', label: 'Load, charging above 0', unit: 'C', fallback: 0 },
  {
    path: 'module.caseToAirWPerK',
    label: 'Cooling by air',
    unit: 'W/K',
    fallback: DEFAULT_MODULE.caseToAirWPerK,
  },
  {
    path: 'module.coolantWPerK',
    label: 'Cooling by liquid',
    unit: 'W/K',
    fallback: DEFAULT_MODULE.coolantWPerK,
  },
  {
    path: 'module.cellToCellWPerK',
    label: 'From cell to cell',
    unit: 'W/K',
    fallback: DEFAULT_MODULE.cellToCellWPerK,
  },
];

const RUN_FIELDS: readonly FieldPlan[] = [
  { path: 'durationS', label: 'Duration', unit: 'h', fallback: 21_600, times: S_PER_H },
  { path: 'outputIntervalS', label: 'A row every', unit: 's', fallback: 10 },
  { path: 'seed', label: 'Seed', fallback: 1 },
];

function PlannedField({
  plan,
  document,
  checked,
  onChange,
}: Pick<FormProps, 'document' | 'checked' | 'onChange'> & { plan: FieldPlan }): ReactNode {
  const { path, label, unit, fallback, times = 1 } = plan;
  const value = valueAt(document, path);
  const isBench = document['laboratory'] !== undefined && path.endsWith('WPerK');
  if (value !== undefined && typeof value !== 'number')
    return (
      <div className="field">
        <span>{label}</span>
        <span className="field-value">
          <button
            type="button"
            className="button"
            title="It changes with time, as the file says; a constant takes its place"
            onClick={() => onChange(withValue(document, path, fallback))}
          >
            Profile ✕
          </button>
        </span>
      </div>
    );
  return (
    <NumberField
      label={label}
      title={path}
      {...(unit && { unit })}
      value={value === undefined ? undefined : value / times}
      // On a bench the network follows from the size of the cell.
      fallback={fallback === undefined || isBench ? undefined : fallback / times}
      problem={checked.problem?.path === path ? checked.problem.message : undefined}
      onChange={(next) => onChange(withValue(document, path, next === undefined ? undefined : next * times))}
    />
  );
}

export function Form(props: FormProps): ReactNode {
  const { document, checked, isBusy, onChange, onSize } = props;
  const faults = faultsOf(document);
  const place = placeOf(document);
  const modules = checked.scenario ? moduleIds(checked.scenario) : targetsOf(faults);
  const preset = valueAt(document, 'sensors.preset');
  const fields = (plans: readonly FieldPlan[]): ReactNode =>
    plans.map((plan) => <PlannedField key={plan.path} plan={plan} {...props} />);
  const setFault = (at: number, entry: FaultEntry | undefined): void =>
    onChange(withValue(document, `faults[${at}]`, entry));
  return (
    <form className="experiment-form" onSubmit={(event) => event.preventDefault()}>
      <Section title="Cell and place">
        <SelectField
          label="Cell"
          value={String(valueAt(document, 'module.cell') ?? DEFAULT_MODULE.cell)}
          options={CELLS}
          onChange={(cell) => onChange(withValue(document, 'module.cell', cell))}
        />
        <SelectField
          label="Place"
          value={place}
          options={[
            ...Object.entries(PLACES).map(([value, { text }]) => ({ value: value as PlaceName, text })),
            ...(place === 'own' ? [{ value: place, text: 'As in the file' }] : []),
          ]}
          onChange={(next) => next !== 'own' && onChange(moved(document, next))}
        />
        {fields(CELL_FIELDS)}
      </Section>
      <Section title="Surroundings">{fields(SURROUNDINGS)}</Section>
      <Section title="What goes wrong">
        {faults.map((entry, at) => (
          <FaultForm
            // biome-ignore lint/suspicious/noArrayIndexKey: a fault has no name but its place
            key={at}
            at={at}
            entry={entry}
            modules={modules}
            problem={checked.problem}
            isBusy={isBusy}
            onChange={(next) => setFault(at, next)}
            onRemove={() => setFault(at, undefined)}
            onSize={onSize}
          />
        ))}
        {faults.length === 0 && <p className="quiet">Nothing. The run is a calm one.</p>}
        <button
          type="button"
          className="button"
          disabled={faults.length >= MAX_FAULTS}
          onClick={() => setFault(faults.length, entryOf(FAULT_KINDS[0]!, modules[0] ?? 'RackA1_Module01'))}
        >
          Add a fault
        </button>
      </Section>
      <Section title="Run">
        {fields(RUN_FIELDS)}
        <SelectField
          label="Sensors"
          value={typeof preset === 'string' ? preset : 'rack'}
          options={Object.keys(SENSOR_PRESETS).map((value) => ({ value, text: value }))}
          onChange={(next) => onChange(withValue(document, 'sensors.preset', next))}
        />
      </Section>
    </form>
  );
}

const targetsOf = (faults: readonly FaultEntry[]): string[] => [
  ...new Set(faults.flatMap(({ module }) => module ?? [])),
];

const Section = ({ title, children }: { title: string; children: ReactNode }): ReactNode => (
  <section>
    <h3>{title}</h3>
    {children}
  </section>
);
