/**
 * `POST /predict`: readings in, one prediction for each, in their order. Nothing of it is kept or alarmed: a detector
 * made for the request judges them with the model and the policy of the live one.
 */
import { Detector, type DetectorOptions, type Verdict } from '@emberwatch/engine/detector';
import {
  copyOfFrame,
  type Frame,
  InputError,
  REJECTION_REASONS,
  RecordDecoder,
} from '@emberwatch/engine/telemetry';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { ServiceError } from '../errors.ts';
import {
  ErrorBodySchema,
  LevelName,
  NullableNumber,
  NullableString,
  ReasonBody,
  TimeToPnrBody,
} from './schemas.ts';
import type { ApiContext } from './site.ts';

/** Judged between two batches of the live site, which wait meanwhile. */
export const MAX_READINGS = 1000;
const BODY_BYTES = 1024 * 1024;

const Readings = Type.Object(
  {
    readings: Type.Array(Type.Record(Type.String(), Type.Unknown()), {
      minItems: 1,
      maxItems: MAX_READINGS,
      description:
        'In the columns of the seed schema (`Module_ID`, `Module_Avg_Surface_Temp_C`, …) or the native one. Without a time a reading is of now.',
    }),
  },
  { additionalProperties: false },
);

const NullablePrediction = Type.Unsafe<0 | 1 | null>({ type: ['integer', 'null'], enum: [0, 1, null] });

const Prediction = Type.Object({
  Module_ID: NullableString,
  /** Unix ms; null where the reading was refused. */
  time_ms: NullableNumber,
  /** 1: warning or critical. 0: normal or advisory. Null: not known, which is not 0; `unknown_because` says why. */
  hazard_prediction: NullablePrediction,
  /** Of the model; null without one and while the readings cannot be believed. */
  hazard_probability: NullableNumber,
  level: LevelName,
  time_to_pnr: Type.Union([TimeToPnrBody, Type.Null()]),
  reasons: Type.Array(ReasonBody),
  /** What could not be judged for want of which channels. */
  missing: Type.Array(Type.String()),
  unknown_because: NullableString,
  /** Single values that were refused, in words; the rest of the reading was judged. */
  refused_values: Type.Array(Type.String()),
});

const Predictions = Type.Object({
  predictions: Type.Array(Prediction),
  /** Name and SHA-256 of the model, or `rules`. */
  model_version: Type.String(),
  /** Fields of the first reading that are no columns. */
  ignored_fields: Type.Array(Type.String()),
});

type PredictionBody = Static<typeof Prediction>;

const MAX_IGNORED = 20;
const HAZARDS: ReadonlySet<string> = new Set(['warning', 'critical']);

const rejected = (moduleId: unknown, why: string): PredictionBody => ({
  Module_ID: typeof moduleId === 'string' ? moduleId : null,
  time_ms: null,
  hazard_prediction: null,
  hazard_probability: null,
  level: 'unknown',
  time_to_pnr: null,
  reasons: [],
  missing: [],
  unknown_because: why,
  refused_values: [],
});

function predicted(verdict: Verdict, timeMs: number, rejectedValues: string[]): PredictionBody {
  const { moduleId, level, hazardProbability, timeToPnr, reasons, missing } = verdict;
  const isUnknown = level === 'unknown';
  const why = reasons.map(({ text }) => text).join(' ') || 'The readings do not suffice to judge the module.';
  return {
    Module_ID: moduleId,
    time_ms: timeMs,
    hazard_prediction: isUnknown ? null : HAZARDS.has(level) ? 1 : 0,
    hazard_probability: isUnknown ? null : hazardProbability,
    level,
    time_to_pnr: timeToPnr,
    reasons: [...reasons],
    missing: [...missing],
    unknown_because: isUnknown ? why : null,
    refused_values: rejectedValues,
  };
}

/** A reading without a time is of now; a second one of the same module then comes at the same time, and is refused. */
function withTime(
  reading: Readonly<Record<string, unknown>>,
  nowMs: number,
): Readonly<Record<string, unknown>> {
  if (Object.hasOwn(reading, 'Module_ID') && !Object.hasOwn(reading, 'Timestamp'))
    return { ...reading, Timestamp: new Date(nowMs).toISOString() };
  if (Object.hasOwn(reading, 'module_id') && !Object.hasOwn(reading, 'time'))
    return { ...reading, time: nowMs };
  return reading;
}

interface Decoded {
  readonly frames: { readonly frame: Frame; readonly index: number }[];
  /** By position: why the reading was refused, and which of its values were. */
  readonly rowProblems: Map<number, string>;
  readonly valueProblems: Map<number, string[]>;
  readonly ignored: readonly string[];
}

function decodeReadings(readings: readonly Readonly<Record<string, unknown>>[], nowMs: number): Decoded {
  const frames: Decoded['frames'] = [];
  const rowProblems = new Map<number, string>();
  const valueProblems = new Map<number, string[]>();
  const decoder = new RecordDecoder(null, {
    frame: (frame, line = 1) => void frames.push({ frame: copyOfFrame(frame), index: line - 1 }),
    rejection: ({ reason, scope, line, column, value }) => {
      const words = `${column ?? 'reading'}: ${REJECTION_REASONS[reason]} (${value})`;
      if (scope === 'row') rowProblems.set(line - 1, words);
      else valueProblems.set(line - 1, [...(valueProblems.get(line - 1) ?? []), words]);
    },
  });
  try {
    for (const [index, reading] of readings.entries()) decoder.decode(withTime(reading, nowMs), index + 1);
    decoder.finish();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new ServiceError('NO_TELEMETRY', error.message, error);
  }
  return { frames, rowProblems, valueProblems, ignored: decoder.coverage?.unusedFields ?? [] };
}

function judge(
  readings: readonly Readonly<Record<string, unknown>>[],
  options: Omit<DetectorOptions, 'sink' | 'clock'>,
  nowMs: number,
): Pick<Static<typeof Predictions>, 'predictions' | 'ignored_fields'> {
  const { frames, rowProblems, valueProblems, ignored } = decodeReadings(readings, nowMs);
  // Nobody is silent here: the list is all there is.
  const detector = new Detector({ ...options, clock: 'caller' });
  const predictions = readings.map((reading, index) =>
    rejected(
      reading['Module_ID'] ?? reading['module_id'],
      rowProblems.get(index) ?? 'The reading cannot be read.',
    ),
  );
  // Siblings are compared at one instant, in whatever order the list is.
  frames.sort((a, b) => a.frame.timeMs - b.frame.timeMs);
  for (const { frame, index } of frames) {
    detector.observe(frame);
    const verdict = detector.verdict(frame.moduleId)!;
    predictions[index] = predicted(verdict, frame.timeMs, valueProblems.get(index) ?? []);
  }
  return { predictions, ignored_fields: ignored.slice(0, MAX_IGNORED) };
}

/** `path`: under the prefix of the API, and at the root as the seed had it. */
export const predictRoute =
  (site: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const version = site.model ? `${site.model.name} ${site.model.sha256}` : 'rules';
    const schema = {
      summary: 'Judge readings apart from the site: one prediction for each, in their order; nothing is kept',
      body: Readings,
      response: { 200: Predictions, 400: ErrorBodySchema, 413: ErrorBodySchema },
    };
    app.post('/predict', { schema, bodyLimit: BODY_BYTES }, async ({ body }) => ({
      ...judge(body.readings, site.detector, site.now()),
      model_version: version,
    }));
  };
