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

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_INPUT;
  else process.exitCode = fail(error) ?? EXIT_FAILED;
}
