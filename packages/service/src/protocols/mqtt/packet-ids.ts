/** A set of packet ids: all 65,535 of them may be in it, in 8 KiB. */
const MAX_PACKET_ID = 65_535;

export class PacketIds {
  private bits: Uint8Array | null = null;

  has(id: number): boolean {
    return this.bits !== null && (this.bits[id >> 3]! & (1 << (id & 7))) !== 0;
  }

  add(id: number): void {
    this.bits ??= new Uint8Array((MAX_PACKET_ID + 1) / 8);
    this.bits[id >> 3]! |= 1 << (id & 7);
  }

  delete(id: number): void {
    if (this.bits) this.bits[id >> 3]! &= ~(1 << (id & 7));
  }
}
