/** `emberwatch`: arguments and help. Each command is a file that calls one function of lab or service. */
import { Command, CommanderError } from 'commander';
import { EXIT_FAILED, EXIT_INPUT, endWhereOutputFails, fail } from './fail.ts';

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
  .option(
    '--model <model>',
    'file, name or alias of the model that judges beside the rules, or none (default: champion)',
  )
  .option(
    '--without-temperature',
    'modules that have no temperature at all are evaluated by voltage and gas alone instead of being unknown',
  )
  .option('--json', 'one JSON object per line: changes of level, last a summary')
  .option('--report <out.html>', 'write a report with the signals around each episode')
  .option('--rejections <out.ndjson>', 'write every rejected row and value')
  .addHelpText(
    'after',
    `
Exit code 0 when the file was evaluated, whatever was found; 2 when it cannot be evaluated.

Examples:
  emberwatch watch site.csv
  emberwatch watch site.csv --model none
  emberwatch watch pack.zip --map examples/mappings/ev-pack-2.yaml --report pack.html
  emberwatch watch site.parquet --json | jq 'select(.to == "critical")'`,
  )
  .action(async (file, options) => (await import('./watch.ts')).watch(file, options));

program
  .command('explore')
  .description('what is in a recording or a dataset: what is odd first, then everything that can be counted')
  .argument('<source>', 'CSV, NDJSON or Parquet, also in gzip or zip; or the folder of a dataset')
  .option('-m, --map <mapping>', 'YAML file that says what the columns are (docs/mapping.md)')
  .option('--against <other>', 'compare with another recording or dataset, such as a real one')
  .option('--against-map <mapping>', 'mapping of the other')
  .option('-o, --output <report.html>', 'write a report with pictures')
  .option('--json', 'everything that was counted as one JSON object')
  .addHelpText(
    'after',
    `
Examples:
  emberwatch explore site.csv -o site.html
  emberwatch explore pack.zip --map examples/mappings/ev-pack-1.yaml --json | jq '.findings[].text'
  emberwatch explore data/standard --against pack.zip --against-map pack.yaml -o both.html`,
  )
  .action(async (source, options) => (await import('./explore.ts')).explore(source, options));

program
  .command('feed')
  .description('play a recording into a running service')
  .argument('<file>', 'CSV, NDJSON or Parquet, also in gzip or zip')
  .requiredOption('--to <url>', 'address of the service')
  .option('--speed <factor>', 'seconds of the recording in one second, or max', '1')
  .option('-m, --map <mapping>', 'YAML file that says what the columns are')
  .option('--token <token>', 'of a gateway or an engineer; EMBERWATCH_TOKEN of the environment unless given')
  .option('--gateway <name>', 'deliver under this name; a token of a gateway has its own')
  .addHelpText(
    'after',
    `
The service has to be one for recordings (serve --playback): for a live one they are old.
Pauses in the recording are cut to five seconds. A busy or restarting service is waited for.
Exit code 1 where nothing was evaluated: a site evaluates the same times only once.

Example:
  emberwatch feed pack.zip --map examples/mappings/ev-pack-2.yaml --to http://127.0.0.1:8080 --speed 600`,
  )
  .action(async (file, options) => (await import('./feed.ts')).feed(file, options));

program
  .command('serve')
  .description('take frames over HTTP and MQTT, judge them, keep them, raise alarms, show the site in a page')
  .option(
    '-c, --config <site.yaml>',
    'settings of the site (examples/sites/site.yaml); options here go before them',
  )
  .option('-d, --data <folder>', 'where everything is kept; emberwatch-data unless given')
  .option('--host <address>', 'interface to listen on; 127.0.0.1 unless given, 0.0.0.0 for all')
  .option('--port <number>', '8080 unless given; 0 takes a free one')
  .option('--mqtt <port>', 'also an MQTT broker (3.1.1 and 5) on this port')
  .option('--print-token', 'print the first token, wherever standard output goes')
  .option('--no-print-token', 'never print the first token: it stands in a file of the data directory')
  .option('--playback', 'take recordings: the clock is that of the data, and nobody is notified')
  .option('--open', 'ask nobody on this computer for a token; only on loopback, for trying out')
  .option(
    '-m, --map <mapping>',
    'mapping of which only nameplate and sampling.interval are used, as what is known of the modules',
  )
  .option(
    '--model <model>',
    'file, name or alias of the model that judges beside the rules, or none (default: champion)',
  )
  .addHelpText(
    'after',
    `
The first start puts the token of an admin into a file of the data directory that only its owner can read, and prints it
unless standard output goes to the journal of systemd. Tokens for gateways and people: emberwatch token create,
or POST /api/v1/tokens. All protocols take the columns of docs/telemetry.md: a mapping does not translate them. The page is
built once, by npm run build.

A live site takes what is measured now. Recordings are played into a service of their own, started with --playback (its
folder is emberwatch-playback unless given), by emberwatch feed, which translates other columns by --map.

Examples:
  emberwatch serve --mqtt 1883
  emberwatch serve --config site.yaml
  emberwatch serve --open
  emberwatch serve --playback --open`,
  )
  .action(async (options) => (await import('./serve.ts')).serve(options));

program
  .command('demo')
  .description('the service with a simulated warehouse playing into it')
  .option('--port <number>', 'a free one is taken where this is in use', '8080')
  .option('--speed <factor>', 'seconds of the recording in one second', '60')
  .option('--once', 'end after one play')
  .action(async (options) => (await import('./serve.ts')).demo(options));

const token = program
  .command('token')
  .description('tokens of a service that does not run; while it runs its API makes them (docs/api.md)');

token
  .command('create')
  .description('make a token; it is shown once')
  .argument('<name>', 'of a person or a gateway, as it will stand in the audit log')
  .requiredOption('--data <folder>', 'data directory of the service')
  .requiredOption('--role <role>', 'gateway, viewer, operator, engineer or admin')
  .option(
    '--modules <list>',
    'of a gateway, which needs it: what it may deliver, names or beginnings with *, commas between; "*": any module',
  )
  .option('--expires <duration>', 'from now: 90d, 12h; without it the token does not end')
  .option('--json', 'one JSON object')
  .addHelpText(
    'after',
    `
Examples:
  emberwatch token create "Ada Lovelace" --role operator --expires 365d --data /var/lib/emberwatch
  emberwatch token create gateway-a --role gateway --modules 'RackA*' --data /var/lib/emberwatch`,
  )
  .action(async (name, options) => (await import('./token.ts')).create(name, options));

token
  .command('list')
  .description('all tokens, newest first, without their secrets')
  .requiredOption('--data <folder>', 'data directory of the service')
  .option('--json', 'one JSON list')
  .action(async (options) => (await import('./token.ts')).list(options));

token
  .command('revoke')
  .description('revoke a token')
  .argument('<id>', 'as token list shows it')
  .requiredOption('--data <folder>', 'data directory of the service')
  .option('--json', 'one JSON object')
  .action(async (id, options) => (await import('./token.ts')).revoke(id, options));

const store = program
  .command('store')
  .description('the data directory of a service: what is in it, copies of it, its upkeep (docs/service.md)');

store
  .command('show')
  .description('deliveries, frames, alarms and the head of the audit log; also while the service runs')
  .requiredOption('--data <dir>', 'data directory of the service')
  .option('--json', 'one JSON object')
  .action(async (options) => (await import('./store.ts')).show(options));

store
  .command('backup')
  .description('a whole copy that can be opened as it is; also while the service runs')
  .argument('<to>', 'a new directory')
  .requiredOption('--data <dir>', 'data directory of the service')
  .option('--json', 'one JSON object, with the time it took and how far the copy is behind')
  .addHelpText(
    'after',
    `
Example:
  emberwatch store backup /mnt/copies/2026-03-01 --data /var/lib/emberwatch`,
  )
  .action(async (to, options) => (await import('./store.ts')).backup(to, options));

store
  .command('restore')
  .description('check a copy and make it the data directory; the service must not run')
  .argument('<from>', 'what store backup wrote')
  .requiredOption('--data <dir>', 'data directory of the service')
  .option('--force', 'replace what is there; it is kept beside')
  .option('--json', 'one JSON object')
  .action(async (from, options) => (await import('./store.ts')).restore(from, options));

store
  .command('maintain')
  .description('fold, roll up and give room back at once; the service must not run. Nothing is forgotten')
  .requiredOption('--data <dir>', 'data directory of the service')
  .option('--json', 'one JSON object')
  .action(async (options) => (await import('./store.ts')).maintain(options));

const audit = program
  .command('audit')
  .description('the audit log: whether it is as it was written, and a copy to keep (docs/alarms.md)');

audit
  .command('verify')
  .description('check that the log is intact and complete; also while the service runs')
  .option('--data <folder>', 'data directory of the service')
  .option('--file <rows.ndjson>', 'what audit export wrote, instead of a data directory')
  .option('--head <number:hash...>', 'heads that were kept elsewhere: the log must still hold them')
  .option('--json', 'one JSON object')
  .addHelpText(
    'after',
    `
Exit code 0 where the log is intact, 1 with the first row that is not, 2 where there is no such log. With --data the log
is also compared with the heads in the directory, the alarms, tokens and arrangements, and the columns of its table.

Examples:
  emberwatch audit verify --data /var/lib/emberwatch
  emberwatch audit verify --file audit.ndjson --head 1840:9f2c…`,
  )
  .action(async (options) => (await import('./audit.ts')).verify(options));

audit
  .command('export')
  .description('write every row as a line of JSON, right or not')
  .requiredOption('--data <folder>', 'data directory of the service')
  .option('-o, --output <rows.ndjson>', 'standard output unless given')
  .action(async (options) => (await import('./audit.ts')).exportTo(options));

program
  .command('modbus')
  .description('devices that speak SunSpec over Modbus TCP; read only')
  .command('probe')
  .description('what a device has: models, values, what is not implemented, settings to paste')
  .argument('<host[:port]>', 'name or address; port 502 unless given')
  .option('--unit <n>', 'unit id', '1')
  .option('--input', 'input registers (function 4) instead of holding registers (function 3)')
  .option(
    '--base <address>',
    'where the chain of models begins, counted from 0; 40000, 0 and 50000 are tried',
  )
  .option('--timeout <duration>', 'for the connection and each answer', '2s')
  .option('--positive-current <direction>', 'discharge or charge: what the device means by it', 'discharge')
  .option('--json', 'everything as one JSON object')
  .addHelpText(
    'after',
    `
Sends nothing but requests to read registers (docs/sunspec.md).

Examples:
  emberwatch modbus probe 192.168.10.20 --unit 1
  emberwatch modbus probe bms.local:1502 --input --json | jq '.models[] | {id, notImplemented}'`,
  )
  .action(async (address, options) => (await import('./modbus.ts')).probe(address, options));

program
  .command('simulate')
  .description('run a scenario: what happens, when, where the energy goes')
  .argument('<scenario>', 'YAML file, or the name of one in examples/scenarios (docs/simulator.md)')
  .option('-o, --output <trajectory>', 'write the truth as one binary file')
  .option('--seed <n>', 'another seed than that of the scenario')
  .option('--csv <file>', 'write the truth as a table with labels; it is no sensor data')
  .option('--plot <out>', 'temperatures, voltage and gas of the modules with events: .svg or .html')
  .option('--json', 'one JSON object: events of every module, energy balance, wall time')
  .option(
    '--no-intervention',
    'do not search the last moment to intervene (each rack needs 6 to 15 runs more)',
  )
  .addHelpText(
    'after',
    `
Examples:
  emberwatch simulate propagation
  emberwatch simulate overcharge --plot overcharge.html --csv overcharge.csv
  emberwatch simulate seed-internal-short --seed 7 --json | jq '.events.RackA2_Module01'`,
  )
  .action(async (scenario, options) => (await import('./simulate.ts')).simulate(scenario, options));

program
  .command('cell')
  .description('run one lumped cell in an oven or in an adiabatic calorimeter')
  .argument('<case>', 'YAML file (docs/simulator.md)')
  .option('--json', 'one JSON object')
  .addHelpText(
    'after',
    `
Examples:
  emberwatch cell oven-lco-155
  emberwatch cell case.yaml --json`,
  )
  .action(async (path, options) => (await import('./cell.ts')).cell(path, options));

program
  .command('solve')
  .description(
    'find the fault strength for a wanted time to the point of no return, or show that none exists',
  )
  .argument('<scenario>', 'YAML file, or the name of one in examples/scenarios')
  .requiredOption('--time-to-pnr <duration>', 'from the onset of the fault: 90min, 3h')
  .option('--module <id>', 'module with the fault; that of the first fault unless given')
  .option('-o, --output <out.yaml>', 'write the scenario with this strength')
  .option('--json', 'one JSON object')
  .addHelpText(
    'after',
    `
Exit code 0 also where no strength exists: that is an answer.

Examples:
  emberwatch solve seed-internal-short --module RackA2_Module01 --time-to-pnr 3h
  emberwatch solve warehouse-internal-short --time-to-pnr 90min -o slower.yaml`,
  )
  .action(async (scenario, options) => (await import('./solve.ts')).solve(scenario, options));

program
  .command('runaway-map')
  .alias('map')
  .description('which values of two parameters run away: a picture and a table')
  .argument('<scenario>', 'YAML file, or the name of one in examples/scenarios')
  .requiredOption('--x <axis>', 'path=from..to:steps[:log] or path=v1,v2,…')
  .requiredOption('--y <axis>', 'the same for the other parameter')
  .option('--module <id>', 'module that is watched; that of the first fault unless given')
  .option('-o, --output <out.svg>', 'write the picture')
  .option('--csv <file>', 'write the table')
  .addHelpText(
    'after',
    `
A path names a number of the scenario: faults[0].resistanceOhm, module.caseToAirWPerK, module.startCharge, …
For each pair of values the rack of the module is run once.

Example:
  emberwatch runaway-map warehouse-internal-short --x faults[0].resistanceOhm=0.002..0.1:12:log \\
    --y module.startCharge=0.1..1:10 -o map.svg --csv map.csv

Its earlier name, map, works for one more release.`,
  )
  .action(async (scenario, options) => (await import('./runaway-map.ts')).map(scenario, options));

const dataset = program
  .command('dataset')
  .description('simulated, measured and labelled runs by the thousand (docs/datasets.md)');

dataset
  .command('build')
  .description('make the runs of a plan: drawn, simulated, measured, labelled, written as Parquet')
  .argument('<plan>', 'YAML file, or the name of one in examples/plans')
  .requiredOption('-o, --output <folder>', 'new, or with runs of the same plan: finished ones are kept')
  .option('--shard <k/n>', 'only part k of n, for other machines; put together with dataset merge')
  .option('--workers <n>', 'threads; as many as the machine has unless given')
  .option('--seed-csv', 'also the thirteen columns of the seed schema, a CSV file for each run')
  .option('--fresh', 'make every run anew')
  .option('--json', 'one JSON object at the end: counts, hash, time')
  .addHelpText(
    'after',
    `
The same plan, seed and version give the same bytes, with any number of threads and parts. A build that was killed
goes on where it was when it is started again.

Examples:
  emberwatch dataset build tiny -o /tmp/tiny
  emberwatch dataset build large -o part2 --shard 2/4 --workers 8`,
  )
  .action(async (plan, options) => (await import('./dataset.ts')).build(plan, options));

dataset
  .command('merge')
  .description('put the parts of a dataset together: the same bytes as if it had been built at once')
  .argument('<parts...>', 'folders that dataset build --shard wrote')
  .requiredOption('-o, --output <folder>', 'a new folder')
  .action(async (parts, options) => (await import('./dataset.ts')).merge(parts, options));

dataset
  .command('show')
  .description('what is in a dataset: runs by outcome, split, site, family; events, sensors, hash')
  .argument('<folder>', 'a dataset')
  .option('--verify', 'compare every file with its hash')
  .option('--json', 'its manifest')
  .action(async (folder, options) => (await import('./dataset.ts')).show(folder, options));

program
  .command('features')
  .description('the figures that the detector sees, as a table to train on')
  .argument('<data>', 'folder of a dataset, or a recording')
  .requiredOption('-o, --output <path>', 'folder; of a recording also a file: .parquet or .csv')
  .option('-m, --map <mapping>', 'of a recording: YAML file that says what the columns are')
  .option('--every <duration>', 'at most one row of a module in so long: 10s, 1min')
  .option('--seed-features', 'adds Delta_1_…, Rolling_mean_6_… and Rolling_std_60_… of the seed schema')
  .addHelpText(
    'after',
    `
Computed frame by frame by the engine that evaluates live data: a row knows nothing of what comes after it. A dataset gives
one file for each run with the labels beside (docs/features.md says what each figure is).

Examples:
  emberwatch features datasets/standard -o features/standard --every 10s
  emberwatch features pack.zip --map examples/mappings/ev-pack-2.yaml -o pack-features.parquet`,
  )
  .action(async (data, options) => (await import('./features.ts')).features(data, options));

program
  .command('clean')
  .description('a recording without lone outliers and short gaps; causal, and no value is ever changed')
  .argument('<file>', 'CSV, NDJSON or Parquet, also in gzip or zip; - for standard input')
  .requiredOption('-o, --output <file>', '.parquet or .csv: native columns, and a flag beside each value')
  .option('-m, --map <mapping>', 'YAML file that says what the columns are')
  .option('--every <duration>', 'one row of each module at whole multiples of this')
  .option('--max-age <duration>', 'how long a value may stand for a missing one', '60s')
  .addHelpText(
    'after',
    `
docs/cleaning.md says what is an outlier and what is signal. The detector needs no cleaned data.

Example:
  emberwatch clean site.csv --every 10s -o clean.parquet`,
  )
  .action(async (file, options) => (await import('./clean.ts')).clean(file, options));

const generate = program.command('generate').description('make a recording');

generate
  .command('direct')
  .description('a quick file in the seed schema: a site at rest, one module with a hazard painted over it')
  .option('--modules <n>', 'eight to a rack: RackA1_Module01, …', '64')
  .option('--hours <n>', 'how long', '6')
  .option('--interval <duration>', 'between two rows of a module', '10s')
  .option('--faulty <module>', 'module that gets the hazard', 'RackA2_Module01')
  .option('--hazard-rows <n>', 'rows with label 1', '200')
  .option('--start <duration>', 'first of them, from the start of the file', '1h')
  .option('--seed <n>', 'the same seed gives the same file', '1')
  .requiredOption('-o, --output <file>', '.csv or .parquet')
  .addHelpText(
    'after',
    `
There is no physics in it: temperatures rise as 10 + 60·progression², voltage, charge and gases in straight lines,
with noise, 0.05 % missing values and 0.01 % outliers. emberwatch simulate has the physics.

Example:
  emberwatch generate direct --modules 64 --hours 6 --interval 10s --faulty RackA2_Module01 \\
    --hazard-rows 200 --start 1h --seed 7 -o dummy_fault_RackA2_Module01_200rows.csv`,
  )
  .action(async (options) => (await import('./generate.ts')).direct(options));

program
  .command('train')
  .description('train, calibrate and set the thresholds of a model on a dataset')
  .argument('<dataset>', 'folder that dataset build wrote')
  .requiredOption('-o, --output <model>', 'file of the model')
  .option('--name <name>', 'of the model; that of the file unless given')
  .option('--learner <name>', 'gbt, forest, logistic, isolation, …', 'gbt')
  .option('--set <name=value...>', 'settings of the learner')
  .option('--search <n>', 'try so many settings, the best on validation runs is kept', '1')
  .option('--seed <n>', 'of rows, views and learner', '1')
  .option('--views <n>', 'show each run so often: as recorded, then as poorer sites would record it', '2')
  .option('--rows <n>', 'rows kept of an event, on average; of the rest in proportion', '250')
  .option('--without <groups>', 'train without groups of channels: gas,current')
  .option('--leave-out <property>', 'no model: each family (chemistry, site) left out in turn, and judged')
  .option('--cache <folder>', 'keep the rows for the next training on the same data')
  .option('--store <folder>', 'where the record of the training is kept', 'runs')
  .option('--workers <n>', 'threads; as many as the machine has unless given')
  .option('--json', 'one JSON object: settings tried, figures, thresholds, times')
  .addHelpText(
    'after',
    `
The same dataset, seed and version give the same model, with any number of threads (docs/training.md).

Examples:
  emberwatch train datasets/standard -o models/hazard-2.model --search 20 --cache /tmp/rows
  emberwatch train datasets/standard -o /tmp/no-gas.model --without gas
  emberwatch train datasets/standard -o /tmp/x.model --leave-out family`,
  )
  .action(async (folder, options) => (await import('./train.ts')).train(folder, options));

program
  .command('evaluate')
  .description('judge a model by event on a dataset, beside every rule, and on real recordings')
  .argument('<model>', 'file, alias, shipped, or rules for the rules alone')
  .argument('[data...]', 'folders of datasets')
  .option('--splits <names>', 'test,held-out-family,held-out-chemistry,held-out-site unless given')
  .option('--quick', 'without the runs that are judged again with lost channels, noise, rarer frames')
  .option('--real <folder>', 'judge the real recordings in this folder as well')
  .option(
    '--seed-protocol <file>',
    'a warning: what a random split of the rows of this labelled file reports',
  )
  .option('--report <out.html>', 'write the tables with curves')
  .option('--workers <n>', 'threads; as many as the machine has unless given')
  .option('--json', 'one JSON object with every figure')
  .addHelpText(
    'after',
    `
Units are events, modules and runs, never rows; no point adjustment (docs/evaluation.md). Thresholds of all scores
are set on the validation runs to the same budget of false alarms.

Examples:
  emberwatch evaluate shipped datasets/standard --report evaluation.html
  emberwatch evaluate rules datasets/standard --quick
  emberwatch evaluate shipped --real ../shared/data`,
  )
  .action(async (model, data, options) => (await import('./evaluate.ts')).evaluate(model, data, options));

const models = program
  .command('models')
  .description('trained models: list, show, compare, promote, rollback, export, card')
  .addHelpText(
    'after',
    `
A model is named by file, alias (champion, challenger; shipped is the champion), name in the folder of models, or
the id of a training in the store. Aliases keep their history (docs/models.md). With MLFLOW_TRACKING_URI set,
aliases are set on that server as well.

Examples:
  emberwatch models list
  emberwatch models compare champion hazard-2
  emberwatch models promote hazard-2 --why "fewer false alarms on the vehicle packs"
  emberwatch models rollback
  emberwatch models export champion --onnx hazard.onnx`,
  );

/** Every command of models says where models and trainings lie. */
const ofModels = (name: string, description: string): Command =>
  models
    .command(name)
    .description(description)
    .option('--models <folder>', 'folder of artefacts and aliases; the nearest folder models unless given')
    .option('--store <folder>', 'where trainings are kept', 'runs');

ofModels('list', 'artefacts with their aliases, and trainings, the latest first')
  .option('--json', 'one JSON object')
  .action(async (options) => (await import('./models.ts')).list(options));

ofModels('show', 'where a model comes from, its levels, its figures, what it decides by')
  .argument('<model>')
  .option('--json', 'one JSON object')
  .action(async (model, options) => (await import('./models.ts')).show(model, options));

ofModels('compare', 'what gets better, what gets worse, what was made otherwise')
  .argument('<before>')
  .argument('<after>')
  .option('--evaluation <files...>', 'by event: what evaluate --json printed of the first, and of the second')
  .option('--json', 'one JSON object')
  .action(async (before, after, options) => (await import('./models.ts')).compare(before, after, options));

ofModels('promote', 'make a model the champion (or challenger), once its format and hash are checked')
  .argument('<model>')
  .option('--as <alias>', 'champion or challenger', 'champion')
  .option('--why <text>', 'kept in the history', '')
  .option('--json', 'one JSON object')
  .action(async (model, options) => (await import('./models.ts')).promote(model, options));

ofModels('rollback', 'the alias stands again for what it stood for before')
  .option('--as <alias>', 'champion or challenger', 'champion')
  .option('--why <text>', 'kept in the history', '')
  .option('--json', 'one JSON object')
  .action(async (options) => (await import('./models.ts')).rollback(options));

ofModels('export', 'copy the artefact, or write it as ONNX once onnxruntime answers the same to 1e-6')
  .argument('<model>')
  .option('-o, --output <file>', 'the artefact as it is')
  .option('--onnx <file>', 'ONNX: features in, score and probability out')
  .action(async (model, options) => (await import('./models.ts')).exportTo(model, options));

ofModels('card', 'write the model card and its pictures beside the artefact')
  .argument('<model>')
  .option('--evaluation <file>', 'what emberwatch evaluate --json printed of this model')
  .action(async (model, options) => (await import('./models.ts')).card(model, options));

ofModels('sign', 'write the Ed25519 signature of an artefact beside it')
  .argument('<model>')
  .requiredOption('--key <private.pem>', 'as openssl genpkey -algorithm ed25519 writes it')
  .option('-o, --output <file>', 'the artefact with .sig at its end unless given')
  .action(async (model, options) => (await import('./models.ts')).sign(model, options));

ofModels('verify', 'whether an artefact is signed by one of these keys; exit code 2 where it is not')
  .argument('<model>')
  .requiredOption('--key <public.pem...>', 'as openssl pkey -pubout writes it')
  .action(async (model, options) => (await import('./models.ts')).verifySignature(model, options));

endWhereOutputFails();
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_INPUT;
  else process.exitCode = fail(error) ?? EXIT_FAILED;
}
