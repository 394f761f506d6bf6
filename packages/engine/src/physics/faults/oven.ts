import { S_PER_MIN } from '../../units.ts';
import { DURATION, type FaultKind, START } from './fault.ts';

/** Everything in the room stands in hot air: the oven of an abuse test, or a fire outside. It is opened at the end. */
export const oven: FaultKind = {
  kind: 'oven',
  about: 'oven, or hot air around everything',
  hazard: true,
  target: 'room',
  onCell: false,
  parameters: [
    START,
    DURATION,
    { name: 'riseK', low: 0, high: 400, about: 'added to the ambient temperature, K' },
    { name: 'kPerMin', low: 0.01, high: 1000, fallback: 5, about: 'how fast it rises, K/min' },
  ],
  breakpointsS: (values) => [
    values['startS']!,
    values['startS']! + (values['riseK']! / values['kPerMin']!) * S_PER_MIN,
    values['startS']! + values['durationS']!,
  ],
  onRoom: (timeS, values, controls) => {
    const sinceS = timeS - values['startS']!;
    if (sinceS < 0 || sinceS >= values['durationS']!) return;
    controls.ambientOffsetK += Math.min((sinceS / S_PER_MIN) * values['kPerMin']!, values['riseK']!);
  },
};
