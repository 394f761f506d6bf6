/** Experiments to begin with: the scenarios of the repository, as `npx emberwatch simulate NAME` knows them. */
const FILES = import.meta.glob<string>('../../../../examples/scenarios/*.yaml', {
  query: '?raw',
  import: 'default',
});

export const EXAMPLES = [
  { name: 'propagation', title: 'Cell after cell: a heater in a full module' },
  { name: 'warehouse-internal-short', title: 'Internal short in a warehouse of 64' },
  { name: 'overcharge', title: 'A charger that does not stop' },
  { name: 'seed-internal-short', title: 'Lumped modules, cooling fails' },
  { name: 'harmless-faults', title: 'Six faults that end well' },
  { name: 'disturbances', title: 'Odd, and no hazard' },
  { name: 'warehouse-calm', title: 'A calm day' },
] as const;

export type ExampleName = (typeof EXAMPLES)[number]['name'];

/** The text of an example. Errors: a failing download. */
export const exampleText = (name: ExampleName): Promise<string> =>
  FILES[`../../../../examples/scenarios/${name}.yaml`]!();
