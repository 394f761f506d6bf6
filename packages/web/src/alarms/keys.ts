/** The keyboard of the alarms view. Single keys can be turned off: speech input types them by accident. */
import { useEffect, useRef } from 'react';
import { settingOf } from '../ui/setting.ts';

export const KEYS_CHOICES = ['on', 'off'] as const;
export const keysSetting = settingOf('keys', KEYS_CHOICES, 'on');

/** What each does, as the help shows it. */
export const KEY_HELP: readonly (readonly [keys: string, what: string])[] = [
  ['j, ↓', 'Next alarm'],
  ['k, ↑', 'Alarm before'],
  ['a', 'Acknowledge'],
  ['c', 'Comment'],
  ['s', 'Shelve, or unshelve'],
  ['r', 'Reset'],
  ['o', 'Out of service, or back'],
  ['e', 'Open the evidence page'],
  ['Esc', 'Leave the form, then the alarm'],
  ['?', 'This help'],
];

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');

const inList = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('.alarm-list') !== null;

/** @param onKey returns whether it took the key; arrows are sent as `j` and `k`, from within the list only */
export function useKeys(onKey: (key: string) => boolean): void {
  const latest = useRef(onKey);
  latest.current = onKey;
  useEffect(() => {
    const received = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector('dialog[open]')) return;
      const key = keyOf(event);
      if (key !== null && latest.current(key)) event.preventDefault();
    };
    window.addEventListener('keydown', received);
    return () => window.removeEventListener('keydown', received);
  }, []);
}

function keyOf({ key, target }: KeyboardEvent): string | null {
  if (key === 'ArrowDown' || key === 'ArrowUp')
    return inList(target) ? (key === 'ArrowDown' ? 'j' : 'k') : null;
  if (key === 'Escape') return key;
  return keysSetting.current() === 'on' && key.length === 1 ? key : null;
}
