/** Sessions told as stories: what a host may believe, and when it must ask again. */
import { describe, expect, it } from 'vitest';
import { SparkplugHost, type SparkplugOptions } from '../../src/protocols/sparkplug/host.ts';
import { DATATYPE, decodePayload } from '../../src/protocols/sparkplug/payload.ts';
import { FakeIntake } from '../mqtt/fake-intake.ts';
import { Edge, START_MS, temperature, uptime, voltage } from './edge.ts';

const MODULE = 'edge1/m1';

function rig(options: SparkplugOptions = {}) {
  const intake = new FakeIntake();
  const commands: string[] = [];
  const clock = { nowMs: START_MS };
  const edge = new Edge();
  const host = new SparkplugHost({
    metrics: { 'Battery/Current': { channel: 'current_a', scale: -0.1, offset: 0 } },
    ...options,
    intake,
    now: () => clock.nowMs,
    command: (topic, payload) => {
      const [metric] = decodePayload(payload).metrics;
      commands.push(`${topic} ${metric?.name}`);
    },
  });
  const say = (
    type: string,
    payload: Uint8Array,
    device: string | null = type.startsWith('D') ? 'm1' : null,
  ) => host.receive({ group: edge.group, type, edge: edge.name, device }, payload, null);
  const records = (type: string, payload: Uint8Array) => {
    const answer = say(type, payload);
    if (!Array.isArray(answer)) throw new Error(answer.detail);
    return answer;
  };
  const born = (): void => {
    say('NBIRTH', edge.nodeBirth());
    records('DBIRTH', edge.deviceBirth(0));
  };
  return { intake, commands, clock, edge, host, say, records, born };
}

const bdSeq = { name: 'bdSeq', datatype: DATATYPE.int64, value: 0 };
const volt = (value: number) => ({ name: 'voltage_v', datatype: DATATYPE.float, value });
const uptimeOfNode = { name: 'uptime', datatype: DATATYPE.uint32, value: 1 };

const at = (atS: number) => ({ time: START_MS + atS * 1000, module_id: MODULE, rack_id: 'RackA1' });

describe('births and reports by exception', () => {
  it('a birth is a whole frame, scaled and named by the table', () => {
    const { intake, edge, say, records } = rig();
    say('NBIRTH', edge.nodeBirth());
    expect(records('DBIRTH', edge.deviceBirth(1))).toEqual([
      { ...at(1), surface_temperature_max_degc: 25, voltage_v: 51.2, current_a: 12 },
    ]);
    expect(intake.reported).toEqual(['born edge1 sparkplug']);
  });

  it('what is not reported has not changed', () => {
    const { edge, records, born } = rig();
    born();
    const [frame] = records('DDATA', edge.data(10, temperature(26)));
    expect(frame).toEqual({ ...at(10), surface_temperature_max_degc: 26, voltage_v: 51.2, current_a: 12 });
  });

  it('a device that only says that it lives is believed for as long as its values are fresh', () => {
    const { edge, records, born } = rig({ freshForMs: 60_000 });
    born();
    const [alive] = records('DDATA', edge.data(60, uptime(60)));
    expect(alive).toEqual({ ...at(60), surface_temperature_max_degc: 25, voltage_v: 51.2, current_a: 12 });
    const [stale] = records('DDATA', edge.data(61, voltage(51)));
    expect(stale, 'a temperature that nobody has confirmed for a minute is none').toEqual({
      ...at(61),
      surface_temperature_max_degc: null,
      voltage_v: 51,
      current_a: null,
    });
  });

  it('five minutes are the limit where none is set', () => {
    const { edge, records, born } = rig();
    born();
    expect(records('DDATA', edge.data(300, uptime(1)))[0]).toMatchObject({ voltage_v: 51.2 });
    expect(records('DDATA', edge.data(301, uptime(2)))[0]).toMatchObject({ voltage_v: null });
  });

  it.each([
    ['null', temperature(null)],
    ['of bad quality', temperature(26, { quality: 0 })],
    ['stale by its own account', temperature(26, { quality: 500 })],
    ['not a number', temperature(Number.NaN)],
  ])('a value that is %s is missing, and stays so', (_, metric) => {
    const { edge, records, born } = rig();
    born();
    const [first] = records('DDATA', edge.data(1, metric));
    const [second] = records('DDATA', edge.data(2, uptime(2)));
    for (const frame of [first, second])
      expect([null, 'NaN', 'Infinity', '-Infinity']).toContain(frame!['surface_temperature_max_degc']);
    expect(records('DDATA', edge.data(3, temperature(27)))[0]).toMatchObject({
      surface_temperature_max_degc: 27,
    });
  });

  it('a metric has its own time, and an older one does not replace a newer', () => {
    const { edge, records, born } = rig();
    born();
    records('DDATA', edge.data(10, temperature(30)));
    const late = records('DDATA', edge.data(10, temperature(20, { timestampMs: START_MS + 5000 })));
    expect(late, 'stored under its own time').toEqual([{ ...at(5), surface_temperature_max_degc: 20 }]);
    expect(records('DDATA', edge.data(11, uptime(1)))[0]).toMatchObject({ surface_temperature_max_degc: 30 });
  });

  it('what a second message of one instant changes is told at once, a millisecond later', () => {
    const { edge, records, born } = rig();
    born();
    expect(records('DDATA', edge.data(10, voltage(50)))).toHaveLength(1);
    expect(records('DDATA', edge.data(10, temperature(140)))).toMatchObject([
      { time: START_MS + 10_001, surface_temperature_max_degc: 140, voltage_v: 50 },
    ]);
    expect(records('DDATA', edge.data(10, temperature(140))), 'the same again').toEqual([
      { ...at(10), surface_temperature_max_degc: 140 },
    ]);
    const behind = records('DDATA', edge.data(10, temperature(150, { timestampMs: START_MS + 10_000 })));
    expect(behind.at(-1), 'the latest that is known of its channel').toMatchObject({
      time: START_MS + 10_002,
      surface_temperature_max_degc: 150,
      voltage_v: 50,
    });
  });

  it('history comes as frames of its time, in order, and changes nothing of the present', () => {
    const { edge, records, born } = rig();
    born();
    const history = (atS: number, degC: number) =>
      temperature(degC, { isHistorical: true, timestampMs: START_MS + atS * 1000 });
    const frames = records(
      'DDATA',
      edge.data(100, history(70, 27), history(60, 26), history(70, 28), temperature(40)),
    );
    expect(frames).toEqual([
      { ...at(60), surface_temperature_max_degc: 26 },
      { ...at(70), surface_temperature_max_degc: 28 },
      { ...at(100), surface_temperature_max_degc: 40, voltage_v: 51.2, current_a: 12 },
    ]);
  });

  it('a device that is no module makes no frames', () => {
    const { edge, say, records } = rig({ metrics: {} });
    say('NBIRTH', edge.nodeBirth());
    const meter = edge.message(0, [{ name: 'power', alias: 9, datatype: 10, value: 5 }]);
    expect(records('DBIRTH', meter)).toEqual([]);
  });

  it('cells come as arrays', () => {
    const { edge, say, records } = rig();
    say('NBIRTH', edge.nodeBirth());
    const cells = { name: 'cell_voltages_v', alias: 5, datatype: 30, value: [3.5, Number.NaN, 3.25] };
    expect(records('DBIRTH', edge.message(0, [cells]))[0]).toMatchObject({
      cell_voltages_v: [3.5, 'NaN', 3.25],
    });
  });

  it('names are made by templates', () => {
    const { edge, say, records } = rig({ moduleId: '{group}_{device}', rackId: '{edge}' });
    say('NBIRTH', edge.nodeBirth());
    expect(records('DBIRTH', edge.deviceBirth(0))[0]).toMatchObject({
      module_id: 'RackA1_m1',
      rack_id: 'edge1',
    });
  });

  it('a table that names no channel is refused with its name', () => {
    expect(() => rig({ metrics: { T: { channel: 'temp' } } })).toThrow(
      'metric "T": there is no channel "temp"',
    );
  });
});

describe('deaths', () => {
  it('of a node ends all of its modules', () => {
    const { intake, edge, say, born } = rig();
    born();
    say('NDEATH', edge.nodeDeath());
    expect(intake.reported.at(-1)).toBe('died edge1 all (Sparkplug NDEATH)');
    expect(say('DDATA', edge.data(1, temperature(26)))).toMatchObject({ kind: 'invalid' });
  });

  it('of a connection before this one is no news', () => {
    const { intake, edge, say, records, born } = rig();
    edge.bdSeq = 7;
    born();
    say('NDEATH', edge.nodeDeath(6));
    expect(intake.reported).toEqual(['born edge1 sparkplug']);
    expect(records('DDATA', edge.data(1, temperature(26)))).toHaveLength(1);
  });

  it('of a device ends its module, and what it had said', () => {
    const { intake, edge, say, records, born, commands, clock } = rig();
    born();
    say('DDEATH', edge.data(1));
    expect(intake.reported.at(-1)).toBe(`died edge1 ${MODULE} (Sparkplug DDEATH)`);
    expect(say('DDATA', edge.data(2, temperature(26)))).toMatchObject({ kind: 'invalid' });
    expect(commands).toHaveLength(1);
    clock.nowMs += 60_000;
    const [frame] = records(
      'DBIRTH',
      edge.message(60, [{ name: 'voltage_v', alias: 2, datatype: 10, value: 50 }]),
    );
    expect(frame, 'nothing is left of the life before').toEqual({ ...at(60), voltage_v: 50 });
  });
});

describe('doubt', () => {
  it('data before a birth: a rebirth is asked for, once in ten seconds', () => {
    const { edge, say, commands, clock, born } = rig();
    for (let second = 0; second <= 25; second++) {
      expect(say('DDATA', edge.data(second, temperature(25)))).toMatchObject({ kind: 'invalid' });
      clock.nowMs += 1000;
    }
    expect(commands).toEqual(Array(3).fill('spBv1.0/RackA1/NCMD/edge1 Node Control/Rebirth'));
    born();
    expect(commands).toHaveLength(3);
  });

  it('a gap in the sequence: aliases and held values count no more, names do', () => {
    const { edge, say, records, born, commands } = rig();
    born();
    edge.data(1, temperature(99));
    expect(say('DDATA', edge.data(2, temperature(26)))).toMatchObject({ kind: 'invalid' });
    expect(commands).toHaveLength(1);
    const named = edge.data(3, { name: 'surface_temperature_max_degc', datatype: 9, value: 27 });
    expect(records('DDATA', named)).toEqual([{ ...at(3), surface_temperature_max_degc: 27 }]);
    born();
    expect(records('DDATA', edge.data(4, temperature(28)))[0]).toMatchObject({ voltage_v: 51.2 });
  });

  it('the sequence goes round at 255', () => {
    const { edge, records, born, commands } = rig();
    born();
    for (let second = 1; second <= 600; second++) records('DDATA', edge.data(second, temperature(25)));
    expect(commands).toEqual([]);
  });

  it('a message that comes twice changes nothing and asks for nothing', () => {
    const { edge, records, born, commands } = rig();
    born();
    const message = edge.data(1, temperature(26));
    expect(records('DDATA', message)).toHaveLength(1);
    expect(records('DDATA', message)).toEqual([]);
    expect(records('DDATA', edge.data(2, temperature(27)))).toHaveLength(1);
    expect(commands).toEqual([]);
  });

  it('an alias of another device names nothing', () => {
    const { edge, say, born, commands } = rig();
    born();
    say('DBIRTH', edge.message(0, [{ name: 'voltage_v', alias: 20, datatype: 10, value: 50 }]), 'm2');
    expect(say('DDATA', edge.data(1, temperature(26)), 'm2')).toMatchObject({ kind: 'invalid' });
    expect(commands).toHaveLength(1);
  });

  it('after a connection was lost nothing is known until the next birth', () => {
    const { edge, host, say, born, commands } = rig();
    born();
    host.forget();
    expect(say('DDATA', edge.data(1, temperature(26)))).toMatchObject({ kind: 'invalid' });
    expect(commands).toHaveLength(1);
  });

  it('a payload that cannot be read is refused with its place, and counted', () => {
    const { host, say, born } = rig();
    born();
    expect(say('DDATA', Uint8Array.from([0x12, 0x7f]))).toEqual({
      kind: 'invalid',
      detail: 'field 2, byte 2: 127 bytes are told, 0 are there',
    });
    expect(host.metrics()).toEqual({
      edgeNodes: 1,
      edgeNodesOnline: 1,
      payloadsRejected: 1,
      doubts: 0,
      rebirthsRequested: 0,
    });
  });
});

describe('an edge node that is itself the battery', () => {
  const metric = (degC: number) => ({
    name: 'surface_temperature_max_degc',
    datatype: DATATYPE.float,
    value: degC,
  });
  const ofNode = (atS: number) => ({ ...at(atS), module_id: 'edge1' });

  it('is a module from its birth on, without any device', () => {
    const { intake, edge, say, records } = rig();
    edge.seq = 0;
    expect(records('NBIRTH', edge.message(0, [bdSeq, metric(24), volt(52)]))).toEqual([
      { ...ofNode(0), surface_temperature_max_degc: 24, voltage_v: 52 },
    ]);
    expect(records('NDATA', edge.message(1, [metric(140)]))).toEqual([
      { ...ofNode(1), surface_temperature_max_degc: 140, voltage_v: 52 },
    ]);
    expect(intake.declared).toEqual(['edge1: surface_temperature_max_degc, voltage_v']);
    say('NDEATH', edge.nodeDeath());
    expect(intake.reported.at(-1)).toBe('died edge1 all (Sparkplug NDEATH)');
    expect(say('NDATA', edge.message(2, [metric(141)])), 'nothing of it before its next birth').toMatchObject(
      {
        kind: 'invalid',
      },
    );
  });

  it('goes by aliases, takes what is null for missing and what is historical for the past', () => {
    const { edge, records } = rig({ nodeModuleId: '{group}.{edge}' });
    edge.seq = 0;
    const module = { module_id: 'RackA1.edge1' };
    records('NBIRTH', edge.message(0, [bdSeq, { ...metric(24), alias: 1 }, { ...volt(52), alias: 2 }]));
    const [frame] = records('NDATA', edge.data(1, temperature(null)));
    expect(frame).toEqual({ ...at(1), ...module, surface_temperature_max_degc: null, voltage_v: 52 });
    const past = records(
      'NDATA',
      edge.data(60, temperature(90, { isHistorical: true, timestampMs: START_MS + 30_000 }), voltage(51)),
    );
    expect(past).toEqual([
      { ...at(30), ...module, surface_temperature_max_degc: 90 },
      { ...at(60), ...module, surface_temperature_max_degc: null, voltage_v: 51 },
    ]);
  });

  it('is none where it has devices and says nothing of a channel', () => {
    const { edge, records } = rig();
    edge.seq = 0;
    expect(records('NBIRTH', edge.message(0, [bdSeq, uptimeOfNode]))).toEqual([]);
    expect(records('NDATA', edge.message(1, [uptimeOfNode]))).toEqual([]);
  });
});

describe('metrics that are not understood', () => {
  it('are named for their gateway, of a module all, of what is none those that resemble a channel', () => {
    const { intake, edge, say } = rig();
    edge.seq = 0;
    const other = (name: string) => ({ name, datatype: DATATYPE.float, value: 1 });
    say(
      'NBIRTH',
      edge.message(0, [bdSeq, uptimeOfNode, other('Node Control/Rebirth'), other('Pack/SurfaceTempMax')]),
    );
    expect(intake.unknown).toEqual(['edge1 Pack/SurfaceTempMax']);
    say('DBIRTH', edge.deviceBirth(0));
    expect(intake.unknown).toEqual(['edge1 Pack/SurfaceTempMax', 'edge1 uptime']);
  });

  it('of another kind than a number are rejected as values, not passed over', () => {
    const { edge, records } = rig();
    records('NBIRTH', edge.nodeBirth());
    records('DBIRTH', edge.deviceBirth(0));
    const text = { name: 'surface_temperature_max_degc', datatype: DATATYPE.string, value: 'hot' };
    const [frame] = records('DDATA', edge.data(1, text));
    expect(frame!['surface_temperature_max_degc']).toBe('string hot');
    const [nan] = records('DDATA', edge.data(2, temperature(Number.NaN)));
    expect(nan!['surface_temperature_max_degc']).toBe('NaN');
  });

  it('a code for "none" is rejected, before it is scaled', () => {
    const { edge, records } = rig({
      metrics: { raw: { channel: 'voltage_v', scale: 0.1, invalid: [65534] } },
    });
    records('NBIRTH', edge.nodeBirth());
    const raw = (value: number) => ({ name: 'raw', datatype: DATATYPE.uint16, value });
    expect(records('DBIRTH', edge.message(0, [raw(520)]))[0]).toMatchObject({ voltage_v: 52 });
    expect(records('DDATA', edge.message(1, [raw(65534)]))[0]).toMatchObject({ voltage_v: 'code 65534' });
  });

  it('and payloads that cannot be read count for their gateway', () => {
    const { intake, say } = rig();
    say('NBIRTH', Uint8Array.of(0xff, 0xff, 0xff));
    expect(intake.rejected).toEqual([expect.stringMatching(/^edge1 sparkplug bad-body: /)]);
  });
});
