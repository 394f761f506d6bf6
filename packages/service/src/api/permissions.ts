/**
 * Every route of the API with the least role that it asks for. A route that does not stand here keeps the service from
 * starting, and so does a row without a route. `gateway`: whoever may deliver; `public`: anybody.
 */
import type { Role } from '../records.ts';

export type Permission = Role | 'public';

export const API_PREFIX = '/api/v1';

export const PERMISSIONS = {
  'POST /api/v1/frames': 'gateway',
  'POST /api/v1/sunspec': 'gateway',

  'GET /api/v1/health': 'public',
  'GET /api/v1/ready': 'public',
  'GET /api/v1/openapi.json': 'public',
  'POST /api/v1/session': 'public',
  'GET /api/v1/session': 'viewer',
  'DELETE /api/v1/session': 'viewer',

  'GET /api/v1/modules': 'viewer',
  'GET /api/v1/modules/:id': 'viewer',
  'POST /api/v1/modules/:id/retire': 'engineer',
  'POST /api/v1/modules/:id/gateway': 'engineer',
  'GET /api/v1/modules/:id/trend': 'viewer',
  'GET /api/v1/modules/:id/history': 'viewer',
  'GET /api/v1/changes': 'viewer',
  'GET /api/v1/sensor-faults': 'viewer',
  'GET /api/v1/events': 'viewer',
  'GET /api/v1/gateways': 'viewer',
  'POST /api/v1/gateways/:id/retire': 'engineer',
  'GET /api/v1/refusals': 'viewer',
  'GET /api/v1/set-aside': 'engineer',
  'POST /api/v1/set-aside/:id/remove': 'engineer',
  'GET /api/v1/model': 'viewer',
  'GET /api/v1/model/artefact': 'viewer',
  'GET /api/v1/model/card': 'viewer',
  'GET /api/v1/model/card/:name': 'viewer',
  'GET /api/v1/metrics': 'viewer',
  'GET /api/v1/export': 'viewer',
  'POST /api/v1/predict': 'viewer',
  'POST /predict': 'viewer',

  'GET /api/v1/alarms': 'viewer',
  'GET /api/v1/alarms/:id': 'viewer',
  'GET /api/v1/alarms/:id/evidence': 'viewer',
  'GET /api/v1/alarms/:id/evidence.html': 'viewer',
  'GET /api/v1/responder.html': 'viewer',
  'POST /api/v1/notices/test': 'engineer',
  'GET /api/v1/alarm-figures': 'viewer',
  'GET /api/v1/maintenance': 'viewer',
  'POST /api/v1/alarms/:id/acknowledge': 'operator',
  'POST /api/v1/alarms/:id/comment': 'operator',
  'POST /api/v1/alarms/:id/shelve': 'operator',
  'POST /api/v1/alarms/:id/unshelve': 'operator',
  'POST /api/v1/alarms/:id/reset': 'operator',
  'POST /api/v1/alarms/:id/out-of-service': 'engineer',
  'POST /api/v1/alarms/:id/in-service': 'engineer',
  'POST /api/v1/maintenance': 'engineer',
  'DELETE /api/v1/maintenance/:id': 'engineer',

  'GET /api/v1/audit': 'engineer',
  'GET /api/v1/tokens': 'admin',
  'POST /api/v1/tokens': 'admin',
  'DELETE /api/v1/tokens/:id': 'admin',
} as const satisfies Readonly<Record<string, Permission>>;

/** The page itself: files that show nothing of the site before somebody has signed in. */
const PAGE: Permission = 'public';

const isOfApi = (url: string): boolean => url.startsWith('/api') || url === '/predict';

/** Undefined: the route may not exist. */
export function permissionOf(method: string, url: string): Permission | undefined {
  // HEAD is GET without the body.
  const key = `${method === 'HEAD' ? 'GET' : method} ${url}`;
  if (Object.hasOwn(PERMISSIONS, key)) return PERMISSIONS[key as keyof typeof PERMISSIONS];
  const isPage = !isOfApi(url) && (method === 'GET' || method === 'HEAD');
  return isPage ? PAGE : undefined;
}
