/**
 * The same run on an MLflow server, over its REST API 2.0 (mlflow.org/docs/latest/rest-api.html): experiment, run,
 * parameters, metrics, curves, artefact, model version, alias. Nothing here can lose the local run: every failure
 * becomes a sentence.
 */
import type { StoredRun, Value } from './stored-run.ts';

export interface MlflowServer {
  readonly url: string;
  readonly experiment: string;
  /** Name of the registered model whose versions are our artefacts. */
  readonly model: string;
  /** Value of the header Authorization; null without. */
  readonly authorization: string | null;
}

export interface MlflowResult {
  readonly url: string;
  readonly sent: boolean;
  readonly runId: string | null;
  /** Version of the registered model; null where none was made. */
  readonly modelVersion: string | null;
  /** What did not work, in words; empty where everything did. */
  readonly problems: readonly string[];
}

/** Of one request. */
const TIMEOUT_MS = 15_000;
/** Limits of runs/log-batch. */
const MAX_METRICS = 1000;
const MAX_PARAMS = 100;
/** What every server and every store takes. */
const MAX_KEY_CHARS = 250;
const MAX_VALUE_CHARS = 500;

/** Null where MLFLOW_TRACKING_URI is not set. The names of the variables are those of MLflow's own clients. */
export function mlflowFromEnvironment(environment: NodeJS.ProcessEnv): MlflowServer | null {
  const url = environment['MLFLOW_TRACKING_URI'];
  if (url === undefined || url === '') return null;
  const token = environment['MLFLOW_TRACKING_TOKEN'];
  const user = environment['MLFLOW_TRACKING_USERNAME'];
  const basic = `${user}:${environment['MLFLOW_TRACKING_PASSWORD'] ?? ''}`;
  return {
    url: url.replace(/\/+$/, ''),
    experiment: environment['MLFLOW_EXPERIMENT_NAME'] || 'emberwatch',
    model: 'emberwatch',
    authorization: token ? `Bearer ${token}` : user ? `Basic ${Buffer.from(basic).toString('base64')}` : null,
  };
}

/** Sends a run with its artefact. Never throws. */
export async function sendRun(
  server: MlflowServer,
  run: StoredRun,
  artefact: Uint8Array | null,
): Promise<MlflowResult> {
  const problems: string[] = [];
  let [runId, modelVersion]: [string | null, string | null] = [null, null];
  try {
    const client = new Client(server);
    const created = await client.createRun(run);
    runId = created.runId;
    const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | null> => {
      try {
        return await work();
      } catch (error) {
        problems.push(`${what}: ${messageOf(error)}`);
        return null;
      }
    };
    await attempt('parameters and metrics', () => client.logAll(created.runId, run));
    if (artefact && run.artefact) {
      const { file } = run.artefact;
      const source = await attempt('artefact', () => client.upload(created.artifactUri, file, artefact));
      if (source !== null)
        modelVersion = await attempt('model version', () => client.register(created.runId, source, run));
    }
    await attempt('end of the run', () => client.finish(created.runId, run, problems.length === 0));
  } catch (error) {
    problems.push(messageOf(error));
  }
  return { url: server.url, sent: runId !== null && problems.length === 0, runId, modelVersion, problems };
}

/** Points an alias of the registered model at the version that carries this hash. Returns what went wrong, or null. */
export async function sendAlias(server: MlflowServer, alias: string, sha256: string): Promise<string | null> {
  try {
    const client = new Client(server);
    const version = await client.versionWith(sha256);
    if (version === null)
      return `${server.url}: no version of ${server.model} carries this artefact; it was not trained with this server`;
    await client.post('registered-models/alias', { name: server.model, alias, version });
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const tagsOf = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value }));

class RequestError extends Error {
  /** `RESOURCE_ALREADY_EXISTS` and the like; empty where the answer has none. */
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

class Client {
  private readonly server: MlflowServer;

  constructor(server: MlflowServer) {
    if (!/^https?:\/\//.test(server.url))
      throw new Error(`MLFLOW_TRACKING_URI ${server.url}: only http and https are spoken`);
    this.server = server;
  }

  async createRun(run: StoredRun): Promise<{ runId: string; artifactUri: string }> {
    const experimentId = await this.experimentId();
    const answer = await this.post('runs/create', {
      experiment_id: experimentId,
      run_name: run.id,
      start_time: run.startedMs,
      tags: tagsOf({
        'mlflow.runName': run.id,
        'mlflow.source.type': 'LOCAL',
        'mlflow.source.name': 'emberwatch',
        ...(run.commit !== null && { 'mlflow.source.git.commit': run.commit }),
        'emberwatch.command': run.command.join(' ').slice(0, MAX_VALUE_CHARS),
        'emberwatch.plan': run.plan,
        'emberwatch.plan_sha256': run.planSha256,
        'emberwatch.dataset_sha256': run.datasetSha256,
        ...(run.artefact && { 'emberwatch.artefact_sha256': run.artefact.sha256 }),
      }),
    });
    const info = (answer['run'] as { info?: { run_id?: string; artifact_uri?: string } } | undefined)?.info;
    if (!info?.run_id) throw new Error('runs/create: the answer has no run.info.run_id');
    return { runId: info.run_id, artifactUri: info.artifact_uri ?? '' };
  }

  /** Existing, or made. Two makers at once: who comes second takes what the first has made. */
  private async experimentId(): Promise<string> {
    const { experiment: name } = this.server;
    const find = async (): Promise<string | null> => {
      try {
        const answer = await this.get('experiments/get-by-name', { experiment_name: name });
        return (answer['experiment'] as { experiment_id?: string } | undefined)?.experiment_id ?? null;
      } catch (error) {
        if (error instanceof RequestError && error.code === 'RESOURCE_DOES_NOT_EXIST') return null;
        throw error;
      }
    };
    const found = await find();
    if (found !== null) return found;
    try {
      return String((await this.post('experiments/create', { name }))['experiment_id']);
    } catch (error) {
      const raced = error instanceof RequestError && error.code === 'RESOURCE_ALREADY_EXISTS';
      const made = raced ? await find() : null;
      if (made === null) throw error;
      return made;
    }
  }

  async logAll(runId: string, run: StoredRun): Promise<void> {
    const { environment, parameters, curves, seed } = run;
    const params = Object.entries<Value>({
      ...parameters,
      seed,
      'environment.node': environment.node,
      'environment.os': environment.os,
      'environment.cpu': environment.cpu,
      ...Object.fromEntries(
        Object.entries(environment.packages).map(([name, version]) => [
          `environment.${keyOf(name)}`,
          version,
        ]),
      ),
    }).map(([key, value]) => ({ key: keyOf(key), value: String(value).slice(0, MAX_VALUE_CHARS) }));
    const timestamp = run.startedMs + Math.round(1000 * run.durationS);
    const metric = (key: string, value: number, step: number) =>
      // JSON has neither NaN nor infinity, and no server keeps them alike.
      Number.isFinite(value) ? [{ key: keyOf(key), value, timestamp, step }] : [];
    const metrics = [
      ...Object.entries(run.metrics).flatMap(([key, value]) => metric(key, value, 0)),
      ...Object.entries(curves).flatMap(([name, values]) =>
        values.flatMap((value, step) => metric(`curve.${name}`, value, step)),
      ),
    ];
    for (let i = 0; i < params.length; i += MAX_PARAMS)
      await this.post('runs/log-batch', { run_id: runId, params: params.slice(i, i + MAX_PARAMS) });
    for (let i = 0; i < metrics.length; i += MAX_METRICS)
      await this.post('runs/log-batch', { run_id: runId, metrics: metrics.slice(i, i + MAX_METRICS) });
  }

  /** Through the server's artefact proxy. Returns where it lies, as the registry wants it named. */
  async upload(artifactUri: string, file: string, bytes: Uint8Array): Promise<string> {
    const root = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(artifactUri)?.[1];
    if (root === undefined)
      throw new Error(
        `the server keeps artefacts in ${artifactUri || 'no place that it names'}, which its REST API does not take; start it with --serve-artifacts. The local run has the file`,
      );
    const path = `${root}/model/${file}`.split('/').map(encodeURIComponent).join('/');
    await this.request('PUT', `mlflow-artifacts/artifacts/${path}`, bytes, 'application/octet-stream');
    return `${artifactUri}/model`;
  }

  async register(runId: string, source: string, run: StoredRun): Promise<string> {
    const { model } = this.server;
    try {
      await this.post('registered-models/create', { name: model });
    } catch (error) {
      if (!(error instanceof RequestError && error.code === 'RESOURCE_ALREADY_EXISTS')) throw error;
    }
    const answer = await this.post('model-versions/create', {
      name: model,
      source,
      run_id: runId,
      description: run.name,
      tags: tagsOf({ name: run.name, sha256: run.artefact!.sha256, dataset_sha256: run.datasetSha256 }),
    });
    const version = (answer['model_version'] as { version?: string } | undefined)?.version;
    if (version === undefined) throw new Error('model-versions/create: the answer has no version');
    return String(version);
  }

  finish(runId: string, run: StoredRun, isWhole: boolean): Promise<unknown> {
    return this.post('runs/update', {
      run_id: runId,
      status: isWhole ? 'FINISHED' : 'FAILED',
      end_time: run.startedMs + Math.round(1000 * run.durationS),
    });
  }

  async versionWith(sha256: string): Promise<string | null> {
    let page = '';
    do {
      const answer = await this.get('model-versions/search', {
        filter: `name='${this.server.model}'`,
        max_results: '1000',
        ...(page !== '' && { page_token: page }),
      });
      const versions = (answer['model_versions'] ?? []) as {
        version: string;
        tags?: { key: string; value: string }[];
      }[];
      const found = versions.find(({ tags = [] }) =>
        tags.some(({ key, value }) => key === 'sha256' && value === sha256),
      );
      if (found) return found.version;
      page = String(answer['next_page_token'] ?? '');
    } while (page !== '');
    return null;
  }

  get(path: string, query: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
    return this.request('GET', `mlflow/${path}?${new URLSearchParams(query)}`, null, null);
  }

  post(path: string, body: unknown): Promise<Record<string, unknown>> {
    return this.request('POST', `mlflow/${path}`, JSON.stringify(body), 'application/json');
  }

  private async request(
    method: string,
    path: string,
    body: string | Uint8Array | null,
    type: string | null,
  ): Promise<Record<string, unknown>> {
    const { url, authorization } = this.server;
    let response: Response;
    try {
      response = await fetch(`${url}/api/2.0/${path}`, {
        method,
        headers: {
          ...(type !== null && { 'content-type': type }),
          ...(authorization !== null && { authorization }),
        },
        ...(body !== null && { body: body as NonNullable<RequestInit['body']> }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      const cause = (error as { cause?: unknown }).cause;
      throw new Error(`${url}: ${messageOf(cause instanceof Error ? cause : error)}`, { cause: error });
    }
    const text = await response.text();
    const answer = jsonOf(text);
    if (!response.ok) {
      const code = String(answer?.['error_code'] ?? '');
      const said = String(answer?.['message'] ?? text.slice(0, 200));
      throw new RequestError(`${method} ${path.split('?')[0]}: ${response.status} ${code} ${said}`, code);
    }
    return answer ?? {};
  }
}

function jsonOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Letters, digits, `_`, `-`, `.`, space and `/` are what every store takes. */
const keyOf = (name: string): string => name.replace(/[^\w\-. /]/g, '_').slice(0, MAX_KEY_CHARS);
