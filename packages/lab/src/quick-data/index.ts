export { type DirectOptions, generateDirect } from './direct.ts';
