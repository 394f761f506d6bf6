/** Training: from a dataset to a calibrated model with its record. */
export { LEAVE_OUT, type LeaveOut, leaveOneOut } from './leave-out.ts';
export { keep, type PipelineOptions, type PipelineResult, trainOnDataset } from './pipeline.ts';
