/** Where scripts of others found the encoder before it moved to `protocols/sparkplug`; kept for one release. */
export { DATATYPE, encodePayload } from '../../protocols/sparkplug/payload.ts';
