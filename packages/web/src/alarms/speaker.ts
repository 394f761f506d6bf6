/** Bursts through the speakers of this computer. */
import type { Player } from './sound.ts';

const PULSE_S = 0.13;
const RISE_S = 0.02;
const LOUDNESS = 0.16;
/** Fundamental and harmonics: a plain sine is hard to place, and hard to hear for many. */
const HARMONICS = [1, 0.5, 0.35, 0.2];

let context: AudioContext | null = null;

export const SPEAKER: Player = {
  play({ pulsesS, pitchHz }) {
    if (typeof AudioContext === 'undefined') return false;
    context ??= new AudioContext();
    if (context.state !== 'running') return false;
    for (const pulseS of pulsesS) pulse(context, context.currentTime + pulseS, pitchHz);
    return true;
  },
  allow: async () => {
    if (context?.state === 'suspended') await context.resume();
  },
};

function pulse(audio: AudioContext, startS: number, pitchHz: number): void {
  const tone = audio.createOscillator();
  const gain = audio.createGain();
  tone.setPeriodicWave(
    audio.createPeriodicWave(new Float32Array(HARMONICS.length + 1), new Float32Array([0, ...HARMONICS])),
  );
  tone.frequency.value = pitchHz;
  gain.gain.setValueAtTime(0, startS);
  gain.gain.linearRampToValueAtTime(LOUDNESS, startS + RISE_S);
  gain.gain.setValueAtTime(LOUDNESS, startS + PULSE_S - RISE_S);
  gain.gain.linearRampToValueAtTime(0, startS + PULSE_S);
  tone.connect(gain).connect(audio.destination);
  tone.start(startS);
  tone.stop(startS + PULSE_S);
}
