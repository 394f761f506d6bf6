/** Light or dark: as the system has it, or as the reader chose. The style sheets read `data-theme` of the document. */
import { useSyncExternalStore } from 'react';
import { settingOf } from './setting.ts';

export const THEMES = ['system', 'light', 'dark'] as const;

export const themeSetting = settingOf('theme', THEMES, 'system');

const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)');

function shown(): 'light' | 'dark' {
  const chosen = themeSetting.current();
  return chosen === 'system' ? (systemIsDark.matches ? 'dark' : 'light') : chosen;
}

const listeners = new Set<() => void>();

function apply(): void {
  document.documentElement.dataset['theme'] = shown();
  for (const listener of listeners) listener();
}

/** Begins to follow the system and the reader. */
export function followTheme(): void {
  systemIsDark.addEventListener('change', apply);
  themeSetting.subscribe(apply);
  apply();
}

/** What is drawn on a canvas must be drawn again when this changes. */
export const useTheme = (): 'light' | 'dark' =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, shown);

/** Value of a custom property of the theme, such as `--ink`. */
export const colourOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The letters of the page for what is drawn on a canvas. */
export const fontOf = (sizePx: number, weight = 400): string =>
  `${weight} ${sizePx}px ${getComputedStyle(document.body).fontFamily}`;
