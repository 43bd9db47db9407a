/** Octets of a row at which its words begin, see `Word` of src/wire/batch.ts; the time is at 0. */
export const ROW_FRAME = 8;
export const ROW_SEQ = 12;
export const ROW_ACK = 16;
export const ROW_PAYLOAD = 20;
export const ROW_FLAGS = 24;
export const ROW_WINDOW = 28;
export const ROW_CHECKSUM = 32;
export const ROW_OPTIONS = 36;
export const ROW_TSVAL = 40;
export const ROW_TSECR = 44;
export const ROW_PORTS = 48;
export const ROW_SOURCE = 52;
export const ROW_DESTINATION = 68;
export const ROW_SCOPE = 84;
/** Hash of the tuple as `hashOf` of assembly/table.ts makes it; 0 if nobody has made it yet. */
export const ROW_HASH = 88;
export const ROW_VERSION = 92;
export const ROW_SACK = 96;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const ACK = 0x10;
/** All flags but those that change nothing about what a segment is: PSH and those of ECN. */
export const FORM_BITS = 0x37;
/** All flags but those of ECN. */
export const CONTROL_BITS = 0x3f;
export const FLAG_BITS = 0x1ff;
export const SACK_SHIFT = 17;
export const SACK_BITS = 7 << SACK_SHIFT;
export const TTL_SHIFT = 24;
export const ORIGIN_SHIFT = 16;

/** Bits of what is known of the options. */
export const OPTION_BITS = 0xff;
export const OPTION_MSS = 0x01;
export const OPTION_WINDOW_SCALE = 0x02;
export const OPTION_SACK_PERMITTED = 0x04;
export const OPTION_SACK = 0x08;
export const OPTION_TIMESTAMPS = 0x10;
export const OPTION_FAST_OPEN = 0x20;
export const OPTION_CUT = 0x80;
