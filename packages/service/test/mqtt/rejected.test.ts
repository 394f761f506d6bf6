/** Who is refused over MQTT stands in the audit log, as over HTTP. */
import { connect } from 'mqtt';
import { afterEach, expect, it, vi } from 'vitest';
import { type BuiltService, buildService } from '../../src/compose.ts';
import { StandInDetector } from '../stand-in.ts';

let service: BuiltService | undefined;

afterEach(async () => {
  await service?.close();
});

it('counts and audits logins with a token that nobody has', async () => {
  service = await buildService(
    { logLevel: 'silent', mqtt: { embedded: { port: 0 } } },
    (sink) => new StandInDetector(sink),
  );
  const { mqttPort } = await service.start();
  const stranger = connect(`mqtt://127.0.0.1:${mqttPort}`, {
    username: 'gw1',
    password: `ew_${'x'.repeat(43)}`,
    reconnectPeriod: 0,
  });
  await new Promise((resolve) => stranger.once('error', resolve));
  await stranger.endAsync(true);
  await vi.waitFor(async () => {
    const rows = await service!.site.store.audit({ afterSeq: 0, limit: 10 });
    const rejected = rows.find(({ action }) => action === 'auth.refused');
    expect(rejected?.detail).toContain('"door":"mqtt"');
    expect(rejected?.detail).toContain('127.0.0.1');
  });
});
