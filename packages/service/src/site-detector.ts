import { Detector } from '@emberwatch/engine/detector';
import type { Frame } from '@emberwatch/engine/telemetry';

/**
 * The detector of a live site. By itself it takes the latest frame for the time of all; here the site's clock
 * says what time it is, so that one module whose clock leaps does not make the others silent.
 */
export class SiteDetector extends Detector {
  private isObserving = false;

  override observe(frame: Frame): void {
    this.isObserving = true;
    try {
      super.observe(frame);
    } finally {
      this.isObserving = false;
    }
  }

  override advance(timeMs: number): void {
    if (!this.isObserving) super.advance(timeMs);
  }
}
