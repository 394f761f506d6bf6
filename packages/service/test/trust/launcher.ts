/**
 * The service in a process of its own: `launcher <options as JSON>`. Prints one line of JSON once it listens, and ends as
 * `emberwatch serve` does.
 */
import { type ServiceOptions, startService } from '../../src/index.ts';

const stop = new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()));
const service = await startService(JSON.parse(process.argv[2]!) as ServiceOptions);
const { url, mqttPort, recovery } = service;
process.stdout.write(`${JSON.stringify({ url, mqttPort, recovery })}\n`);
await stop;
await service.close();
