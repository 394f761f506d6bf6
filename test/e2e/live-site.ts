/** A small site that sends what it measures: healthy unless told otherwise. */
const STEP_MS = 10_000;
const MODULES_IN_RACK = 4;

export class LiveSite {
  private readonly url: string;
  private timeMs = Date.UTC(2026, 0, 1, 8);

  constructor(serviceUrl: string) {
    this.url = `${serviceUrl}/api/v1/frames`;
  }

  /** So many frames of each module; temperatures where they are not the usual ones. */
  async play(
    frames: number,
    temperaturesDegC: Readonly<Record<string, number>> = {},
    moduleCount = 8,
  ): Promise<void> {
    for (let i = 0; i < frames; i++) {
      this.timeMs += STEP_MS;
      const batch = Array.from({ length: moduleCount }, (_, k) => this.record(k, temperaturesDegC));
      const answer = await fetch(this.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ frames: batch }),
      });
      const body = (await answer.json()) as { accepted?: number };
      if (body.accepted !== moduleCount) throw new Error(`the service answered ${JSON.stringify(body)}`);
    }
  }

  /** Heats one module by 3 K a minute up to a temperature, and holds it for five minutes. */
  async heat(moduleId: string, toDegC: number): Promise<void> {
    for (let temperatureDegC = 25; temperatureDegC < toDegC; temperatureDegC += 0.5)
      await this.play(1, { [moduleId]: temperatureDegC });
    await this.play(30, { [moduleId]: toDegC });
  }

  private record(k: number, temperaturesDegC: Readonly<Record<string, number>>) {
    const rackId = `RackA${Math.floor(k / MODULES_IN_RACK) + 1}`;
    const moduleId = `${rackId}_Module0${(k % MODULES_IN_RACK) + 1}`;
    // A little life in every signal: a value that never moves is a stuck sensor.
    const wave = Math.sin(this.timeMs / 61_000 + k) + Math.sin(this.timeMs / 17_000 + 2 * k);
    const temperatureDegC = temperaturesDegC[moduleId] ?? 25 + 0.4 * wave;
    return {
      time: this.timeMs,
      module_id: moduleId,
      rack_id: rackId,
      surface_temperature_max_degc: Number(temperatureDegC.toFixed(1)),
      voltage_v: Number((51.2 + 0.05 * wave).toFixed(2)),
      current_a: Number((2 * wave).toFixed(1)),
    };
  }
}
