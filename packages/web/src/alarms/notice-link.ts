/** Links in notices: `/?alarm=A000123` opens that alarm. */
import { hrefOf } from '../ui/route.ts';

const ID_PATTERN = /^A\d{1,15}$/;

/** Null where the address names no alarm. */
export function hashOfNotice(search: string): string | null {
  const id = new URLSearchParams(search).get('alarm');
  return id !== null && ID_PATTERN.test(id) ? hrefOf(`alarms/${id}`) : null;
}

export function openNotice(): void {
  const hash = hashOfNotice(location.search);
  if (hash !== null) history.replaceState(null, '', location.pathname + hash);
}
