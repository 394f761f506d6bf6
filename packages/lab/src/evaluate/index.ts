/** Evaluation by event: models and rules on datasets and on real recordings. */

export { CHANNEL_GROUPS, type ChannelGroup } from '../rows/perturbation.ts';
export { abuseTable, evaluateAbuse } from './abuse.ts';
export { evaluateDatasets } from './datasets.ts';
export { EVALUATED_SPLITS, type Evaluation } from './evaluate.ts';
export { evaluateReal, realTable } from './real.ts';
export { seedProtocol, seedProtocolTable } from './seed-protocol.ts';
export { evaluationText, markdownOf, partTable } from './text.ts';
