/** Chemistries of cells, listed once: of nameplates, of simulated cells, of their reactions. */
export const CHEMISTRIES = ['lfp', 'nmc', 'lco', 'nca', 'lmo'] as const;
/** As a nameplate says it. */
export type Chemistry = (typeof CHEMISTRIES)[number];

/** As cells, reactions and tables of runs are labelled: `NMC`. */
export type ChemistryLabel = Uppercase<Chemistry>;

export const chemistryOf = (label: ChemistryLabel): Chemistry => label.toLowerCase() as Chemistry;
