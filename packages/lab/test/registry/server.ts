/**
 * As much of an MLflow tracking server as the client speaks to, strict where the real one is: paths, methods, required
 * fields, types and limits as documented (REST API 2.0: service.proto, model_registry.proto, mlflow_artifacts.proto).
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads it as it comes
  readonly body: any;
  readonly authorization: string | undefined;
}

interface Version {
  readonly version: string;
  readonly tags: readonly { key: string; value: string }[];
}

class Rejection extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const invalid = (message: string): never => {
  throw new Rejection(400, 'INVALID_PARAMETER_VALUE', message);
};

export class MlflowDouble {
  readonly calls: Call[] = [];
  readonly experiments = new Map<string, string>();
  readonly params = new Map<string, string>();
  readonly metrics: { key: string; value: number; timestamp: number; step: number }[] = [];
  readonly artefacts = new Map<string, Buffer>();
  readonly versions: Version[] = [];
  readonly aliases = new Map<string, string>();
  status = 'RUNNING';
  artifactRoot = 'mlflow-artifacts:/1/run-1/artifacts';
  /** Paths that answer 500. */
  readonly broken = new Set<string>();
  private readonly models = new Set<string>();
  private server: Server | null = null;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      this.answer(request).then(
        (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
        (error: Error) => {
          const { status = 500, code = 'INTERNAL_ERROR' } = error as Rejection;
          response.statusCode = status;
          response.end(JSON.stringify({ error_code: code, message: error.message }));
        },
      );
    });
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server!.close(() => resolve()));
  }

  private async answer(request: IncomingMessage): Promise<unknown> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const bytes = Buffer.concat(pieces);
    const url = new URL(request.url!, 'http://server');
    const path = url.pathname.replace(/^\/api\/2\.0\//, '');
    if (path === url.pathname) throw new Rejection(404, 'ENDPOINT_NOT_FOUND', url.pathname);
    const isJson = request.headers['content-type'] === 'application/json';
    const call: Call = {
      method: request.method!,
      path,
      query: Object.fromEntries(url.searchParams),
      body: isJson ? JSON.parse(bytes.toString()) : bytes,
      authorization: request.headers.authorization,
    };
    this.calls.push(call);
    if (this.broken.has(path)) throw new Rejection(500, 'INTERNAL_ERROR', 'the disk is full');
    const prefix = 'mlflow-artifacts/artifacts/';
    if (call.method === 'PUT' && path.startsWith(prefix)) {
      this.artefacts.set(decodeURIComponent(path.slice(prefix.length)), bytes);
      return {};
    }
    const route = this.routes[`${call.method} ${path}`];
    if (!route) throw new Rejection(404, 'ENDPOINT_NOT_FOUND', `${call.method} ${path}`);
    if (call.method === 'POST' && !isJson) invalid('expected application/json');
    return route(call);
  }

  private readonly routes: Record<string, (call: Call) => unknown> = {
    'GET mlflow/experiments/get-by-name': ({ query }) => {
      const name = query['experiment_name'] ?? invalid('experiment_name is required');
      const id = this.experiments.get(name);
      if (id === undefined) throw new Rejection(404, 'RESOURCE_DOES_NOT_EXIST', `no experiment ${name}`);
      return { experiment: { experiment_id: id, name, lifecycle_stage: 'active' } };
    },
    'POST mlflow/experiments/create': ({ body }) => {
      if (typeof body.name !== 'string') invalid('name');
      if (this.experiments.has(body.name)) throw new Rejection(400, 'RESOURCE_ALREADY_EXISTS', body.name);
      this.experiments.set(body.name, '1');
      return { experiment_id: '1' };
    },
    'POST mlflow/runs/create': ({ body }) => {
      if (body.experiment_id !== '1') invalid('experiment_id');
      if (!Number.isInteger(body.start_time)) invalid('start_time is int64, Unix ms');
      tagsOf(body.tags);
      return { run: { info: { run_id: 'run-1', artifact_uri: this.artifactRoot }, data: {} } };
    },
    'POST mlflow/runs/log-batch': ({ body }) => {
      if (body.run_id !== 'run-1') invalid('run_id');
      const { metrics = [], params = [], tags = [] } = body;
      if (metrics.length > 1000 || params.length > 100 || tags.length > 100) invalid('batch too large');
      if (metrics.length + params.length + tags.length > 1000) invalid('batch too large');
      for (const { key, value } of params) {
        keyOf(key);
        if (typeof value !== 'string' || value.length > 500) invalid(`param ${key}`);
        if ((this.params.get(key) ?? value) !== value) invalid(`param ${key} cannot be changed`);
        this.params.set(key, value);
      }
      for (const metric of metrics) {
        keyOf(metric.key);
        if (typeof metric.value !== 'number') invalid(`metric ${metric.key} is no number`);
        if (!Number.isInteger(metric.timestamp) || !Number.isInteger(metric.step)) invalid(metric.key);
        this.metrics.push(metric);
      }
      return {};
    },
    'POST mlflow/runs/update': ({ body }) => {
      if (body.run_id !== 'run-1' || !Number.isInteger(body.end_time)) invalid('run_id, end_time');
      if (!['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'].includes(body.status)) invalid('status');
      this.status = body.status;
      return { run_info: {} };
    },
    'POST mlflow/registered-models/create': ({ body }) => {
      if (this.models.has(body.name)) throw new Rejection(400, 'RESOURCE_ALREADY_EXISTS', body.name);
      this.models.add(body.name);
      return { registered_model: { name: body.name } };
    },
    'POST mlflow/model-versions/create': ({ body }) => {
      if (!this.models.has(body.name)) throw new Rejection(404, 'RESOURCE_DOES_NOT_EXIST', body.name);
      if (typeof body.source !== 'string' || body.source.includes('..')) invalid('source');
      tagsOf(body.tags);
      const version = String(this.versions.length + 1);
      this.versions.push({ version, tags: body.tags });
      return { model_version: { name: body.name, version, status: 'READY' } };
    },
    'GET mlflow/model-versions/search': ({ query }) => {
      if (!/^name='[\w-]+'$/.test(query['filter'] ?? '')) invalid('filter');
      // One a page, so that pages are turned.
      const at = Number(query['page_token'] ?? 0);
      const isLast = at + 1 >= this.versions.length;
      return {
        model_versions: this.versions.slice(at, at + 1),
        ...(!isLast && { next_page_token: String(at + 1) }),
      };
    },
    'POST mlflow/registered-models/alias': ({ body }) => {
      if (!this.versions.some(({ version }) => version === body.version)) invalid('version');
      this.aliases.set(body.alias, body.version);
      return {};
    },
  };
}

function keyOf(key: unknown): void {
  if (typeof key !== 'string' || key.length > 250 || !/^[\w\-. /]+$/.test(key)) invalid(`key ${key}`);
}

function tagsOf(tags: unknown): void {
  if (!Array.isArray(tags) || tags.length > 20) throw new Rejection(400, 'INVALID_PARAMETER_VALUE', 'tags');
  for (const { key, value } of tags) if (typeof key !== 'string' || typeof value !== 'string') invalid('tag');
}
