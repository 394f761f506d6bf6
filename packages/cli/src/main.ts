/** `emberwatch`: arguments and help. Each command is a file that calls one function of lab or service. */
import { Command, CommanderError } from 'commander';
import { EXIT_FAILED, EXIT_INPUT, fail } from './fail.ts';

const program = new Command('emberwatch')
  .description(
    'Predictive fire safety for high-voltage battery storage.\nAdvisory only: trips belong to the BMS and the fire panel.',
  )
  .version('0.1.0')
  .showHelpAfterError()
  .exitOverride();

program
  .command('watch')
  .description('judge a recording: alarms with reasons, sensor faults, rejected rows')
  .argument('<file>', 'CSV, NDJSON or Parquet, also in gzip or zip; - for standard input')
  .option('-m, --map <mapping>', 'YAML file that says what the columns are (docs/mapping.md)')
  .option('--json', 'one JSON object per line: changes of level, last a summary')
  .option('--report <out.html>', 'write a report with the signals around each episode')
  .option('--rejections <out.ndjson>', 'write every rejected row and value')
  .addHelpText(
    'after',
    `
Exit code 0 when the file was judged, whatever the verdict; 2 for input that cannot be judged.

Examples:
  emberwatch watch site.csv
  emberwatch watch pack.zip --map examples/mappings/ev-pack-2.yaml --report pack.html
  emberwatch watch site.parquet --json | jq 'select(.to == "critical")'`,
  )
  .action(async (file, options) => (await import('./watch.ts')).watch(file, options));

program
  .command('feed')
  .description('play a recording into a running service')
  .argument('<file>', 'CSV, NDJSON or Parquet, also in gzip or zip')
  .requiredOption('--to <url>', 'address of the service')
  .option('--speed <factor>', 'seconds of the recording in one second, or max', '1')
  .option('-m, --map <mapping>', 'YAML file that says what the columns are')
  .addHelpText(
    'after',
    `
Pauses in the recording are cut to five seconds. A busy or restarting service is waited for.

Example:
  emberwatch feed pack.zip --map examples/mappings/ev-pack-2.yaml --to http://127.0.0.1:8080 --speed 600`,
  )
  .action(async (file, options) => (await import('./feed.ts')).feed(file, options));

program
  .command('serve')
  .description('take frames over HTTP, judge them, show the site in a page')
  .option(
    '--host <address>',
    'interface to listen on; there are no accounts yet, so mind who can reach it',
    '127.0.0.1',
  )
  .option('--port <number>', '0 takes a free one', '8080')
  .option('-m, --map <mapping>', 'mapping whose nameplate describes the modules')
  .action(async (options) => (await import('./serve.ts')).serve(options));

program
  .command('demo')
  .description('the service with a simulated warehouse playing into it')
  .option('--port <number>', 'a free one is taken where this is in use', '8080')
  .option('--speed <factor>', 'seconds of the recording in one second', '30')
  .option('--once', 'end after one play')
  .action(async (options) => (await import('./serve.ts')).demo(options));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_INPUT;
  else process.exitCode = fail(error) ?? EXIT_FAILED;
}
