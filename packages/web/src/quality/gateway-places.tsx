/** The places of modules that a gateway takes, and how they are freed. */
import { type ReactNode, useState } from 'react';
import { ReasonForm } from '../session/reason-form.tsx';
import { mayDo } from '../session/role.ts';
import { useRole, useSession } from '../session/session.ts';
import { countText } from '../ui/format.ts';
import type { Gateway } from '../wire.ts';

interface PlacesProps {
  readonly gateway: Gateway;
  readonly isConnected: boolean;
  readonly onDone: () => void;
}

export function Places({ gateway, isConnected, onDone }: PlacesProps): ReactNode {
  const role = useRole();
  const session = useSession();
  const [isAsking, setIsAsking] = useState(false);
  const [done, setDone] = useState('');
  const { gatewayId, modules } = gateway;
  const free = async (reason: string): Promise<void> => {
    const path = `/gateways/${encodeURIComponent(gatewayId)}/retire`;
    const answer = await session.request<{ retired: number; kept: number }>('POST', path, { reason });
    setIsAsking(false);
    setDone(
      `${countText(answer?.retired ?? 0, 'module')} of ${gatewayId} retired, ${answer?.kept ?? 0} kept.`,
    );
    onDone();
  };
  return (
    <div className="gateway-places">
      {isAsking ? (
        <ReasonForm
          label={`Retire ${countText(modules.retirable, 'module')} of ${gatewayId}`}
          reasonLabel="Reason: why these modules do not exist"
          isConnected={isConnected}
          send={free}
          onCancel={() => setIsAsking(false)}
        >
          <p>
            {countText(modules.retirable, 'module')} of {gatewayId} {modules.retirable === 1 ? 'is' : 'are'}{' '}
            retired: {modules.retirable === 1 ? 'it was' : 'they were'} never in alarm and{' '}
            {modules.retirable === 1 ? 'is' : 'are'} not in the settings. {keptText(gateway)} A retired module
            is not watched; what was measured stays. What delivers again is a new module.
          </p>
          {modules.delivering > 0 && (
            <p className="wrong">
              {countText(modules.delivering, 'module')} of {gatewayId}{' '}
              {modules.delivering === 1 ? 'delivers' : 'deliver'} now. If they are real, stop the sender of
              the wrong names first.
            </p>
          )}
        </ReasonForm>
      ) : (
        mayDo(role, 'engineer') &&
        modules.retirable > 0 && (
          <button
            type="button"
            className="button"
            onClick={() => {
              setDone('');
              setIsAsking(true);
            }}
          >
            Free the places of {gatewayId}…
          </button>
        )
      )}
      <span role="status">{done}</span>
    </div>
  );
}

function keptText({ modules: { claimed, retirable } }: Gateway): string {
  const kept = claimed - retirable;
  if (kept === 0) return '';
  return kept === 1
    ? '1 more stays: it was in alarm once, or is in the settings.'
    : `${kept.toLocaleString('en')} more stay: they were in alarm once, or are in the settings.`;
}
