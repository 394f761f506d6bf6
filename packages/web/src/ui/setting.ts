/** A choice of the reader that outlives a reload. */
import { useSyncExternalStore } from 'react';

export interface Setting<T extends string> {
  current(): T;
  choose(value: T): void;
  subscribe(listener: () => void): () => void;
}

/** Kept in this browser under `emberwatch.<name>`; where nothing can be kept, for as long as the page is open. */
export function settingOf<T extends string>(name: string, choices: readonly T[], fallback: T): Setting<T> {
  const key = `emberwatch.${name}`;
  const listeners = new Set<() => void>();
  let value = kept(key, choices) ?? fallback;
  return {
    current: () => value,
    choose: (next) => {
      value = next;
      try {
        localStorage.setItem(key, next);
      } catch {
        // Storage is full or forbidden: the choice holds until the page is closed.
      }
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function kept<T extends string>(key: string, choices: readonly T[]): T | undefined {
  try {
    const found = localStorage.getItem(key);
    return choices.find((choice) => choice === found);
  } catch {
    return undefined;
  }
}

export const useSetting = <T extends string>(setting: Setting<T>): T =>
  useSyncExternalStore(setting.subscribe, setting.current);
