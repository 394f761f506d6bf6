/** The racks of a large site as a table: the same as the map, for who reads lines rather than a picture. */
import { LEVELS } from '@emberwatch/engine/detector';
import { memo, type ReactNode, useEffect, useState } from 'react';
import { LEVEL_WORD, LevelName } from '../live/level.tsx';
import type { ModuleIndex } from '../live/module-index.ts';
import { quantity } from '../ui/format.ts';
import { type Rack, rackName, summaryOf } from './racks.ts';

/** A thousand lines are counted anew no more often than this. */
const RENEW_MS = 1000;
const COUNTED = LEVELS.filter((level) => level !== 'normal').reverse();

interface LineProps {
  readonly name: string;
  readonly size: number;
  readonly summary: ReturnType<typeof summaryOf>;
  readonly onOpen: () => void;
}

const Line = memo(
  function Line({ name, size, summary, onOpen }: LineProps): ReactNode {
    const { worst, counts, hottestDegC } = summary;
    return (
      <tr className={`level-${worst}`}>
        <th scope="row">
          <button type="button" className="link" onClick={onOpen}>
            {name}
          </button>
        </th>
        <td>
          <LevelName level={worst} />
        </td>
        <td>{size}</td>
        {COUNTED.map((level) => (
          <td key={level} className={counts[level] === 0 ? 'is-zero' : ''}>
            {counts[level]}
          </td>
        ))}
        <td>{quantity(hottestDegC, 'degC')}</td>
      </tr>
    );
  },
  (a, b) => a.name === b.name && JSON.stringify(a.summary) === JSON.stringify(b.summary),
);

interface RackTableProps {
  readonly moduleIndex: ModuleIndex;
  readonly racks: readonly Rack[];
  readonly onZoom: (rackId: string) => void;
}

export function RackTable({ moduleIndex, racks, onZoom }: RackTableProps): ReactNode {
  const [, renew] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => renew((count) => count + 1), RENEW_MS);
    return () => window.clearInterval(timer);
  }, []);
  return (
    <div className="table-box">
      <table className="rack-table">
        <thead>
          <tr>
            <th scope="col">Rack</th>
            <th scope="col">Worst</th>
            <th scope="col">Modules</th>
            {COUNTED.map((level) => (
              <th scope="col" key={level}>
                {LEVEL_WORD[level]}
              </th>
            ))}
            <th scope="col">Hottest</th>
          </tr>
        </thead>
        <tbody>
          {racks.map((rack) => (
            <Line
              key={rack.id}
              name={rackName(rack)}
              size={rack.modules.length}
              summary={summaryOf(rack, moduleIndex)}
              onOpen={() => onZoom(rack.id)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}
