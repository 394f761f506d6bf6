/** What can be done beside a running service, or without one: tokens, audit log, copies of the store, a look at a device. */

export type { Access, TokenInfo } from './auth/access.ts';
export { withTokens } from './auth/offline.ts';
export {
  checkSignature,
  keyIdOf,
  publicKeyOf,
  SIGNATURE_SUFFIX,
  signModel,
} from './monitor/model-signature.ts';
export { type ProbedModel, type ProbeReport, probe } from './protocols/modbus/probe.ts';
export type { ModbusDevice } from './protocols/modbus/settings.ts';
export type { AuditRow, Role } from './records.ts';
export { type AuditHead, type AuditVerdict, verifyAuditPages } from './store/audit-chain.ts';
export { backupStore, restoreStore, type StoreSummary, showStore } from './store/backup.ts';
export { maintainStore } from './store/open.ts';
export { storedAudit, verifyStoredAudit } from './store/stored-audit.ts';
