/** Times as text: RFC 3339 in UTC with nine decimals, as `formatTime` of src/base/time.ts writes them. */
import { putNine, putTwo } from './number';

const QUOTE: u32 = 0x22;
const DASH: u32 = 0x2d;
const DOT: u32 = 0x2e;
const COLON: u32 = 0x3a;
const LETTER_T: u32 = 0x54;
/** `Z"`. */
const END: u32 = 0x225a;
const BILLION: f64 = 1e9;

/** The years 0 to 9999. */
const FIRST_SECOND: f64 = -62167219200;
const LAST_SECOND: f64 = 253402300799;
const DAY_SECONDS: u64 = 86400;
/** From 0000-03-01, with which the years of the calculation begin, to the first second. */
const DAYS_BEFORE: u32 = 60;
/** Of 400 years, 100 and 4, the first of which has no leap day, and of a year. */
const DAYS_400: u32 = 146097;
const DAYS_100: u32 = 36524;
const DAYS_4: u32 = 1461;
const DAYS_1: u32 = 365;

/** Seconds whose text is known, by place: nearly all times of a connection are near those before. */
const PLACES: u32 = 64;
const PLACE_BYTES: u32 = 32;
const KNOWN: usize = memory.data(2048, 16);
/** Length of a second and the point behind it. */
const SECOND_BYTES: u32 = 20;

for (let place: u32 = 0; place < PLACES; place++) store<f64>(KNOWN + place * PLACE_BYTES, NaN);

let epochSeconds: f64 = 0;

export function setEpoch(seconds: f64): void {
  epochSeconds = seconds;
}

/** Appends, in quotes, a time of whole nanoseconds after the epoch, and returns the address behind it. */
export function putTime(at: u32, nanos: f64): u32 {
  const second = Math.floor(nanos / BILLION);
  const known = placeOf(Math.min(LAST_SECOND, Math.max(FIRST_SECOND, epochSeconds + second)));
  store<u8>(at, QUOTE);
  v128.store(at + 1, v128.load(known));
  store<u32>(at + 17, load<u32>(known, 16));
  putNine(at + 1 + SECOND_BYTES, <u32>(nanos - second * BILLION));
  store<u16>(at + 10 + SECOND_BYTES, END);
  return at + 12 + SECOND_BYTES;
}

/** Where the text of a second since 1970 is. */
function placeOf(seconds: f64): usize {
  const place = KNOWN + (<u32>(<u64>(seconds - FIRST_SECOND)) % PLACES) * PLACE_BYTES;
  if (load<f64>(place) !== seconds) {
    store<f64>(place, seconds);
    putSecond(place + 8, <u64>(seconds - FIRST_SECOND));
  }
  return place + 8;
}

/** `2026-11-21T01:22:26.`, of a number of seconds since the year 0 began. */
function putSecond(at: usize, seconds: u64): void {
  const day = <u32>(seconds / DAY_SECONDS);
  const ofDay = <u32>(seconds % DAY_SECONDS);
  putDate(at, day);
  store<u8>(at, LETTER_T, 10);
  putTwo(at + 11, ofDay / 3600);
  store<u8>(at, COLON, 13);
  putTwo(at + 14, (ofDay / 60) % 60);
  store<u8>(at, COLON, 16);
  putTwo(at + 17, ofDay % 60);
  store<u8>(at, DOT, 19);
}

/** `2026-11-21`, of a number of days since the year 0 began, by years that begin in March: a leap day is the last of its year. */
function putDate(at: usize, day: u32): void {
  // 400 years more, so that the first two months of the year 0 belong to some year.
  const days = day + DAYS_400 - DAYS_BEFORE;
  const of400 = days % DAYS_400;
  const century = min(of400 / DAYS_100, 3);
  const of100 = of400 - century * DAYS_100;
  const of4 = of100 % DAYS_4;
  const yearOf4 = min(of4 / DAYS_1, 3);
  const ofYear = of4 - yearOf4 * DAYS_1;
  const marchYear = (days / DAYS_400 - 1) * 400 + century * 100 + (of100 / DAYS_4) * 4 + yearOf4;
  // Months from March on have 31, 30, 31, 30, 31 days, twice, and what is left.
  const month = (5 * ofYear + 2) / 153;
  const year = month < 10 ? marchYear : marchYear + 1;
  putTwo(at, year / 100);
  putTwo(at + 2, year % 100);
  store<u8>(at, DASH, 4);
  putTwo(at + 5, month < 10 ? month + 3 : month - 9);
  store<u8>(at, DASH, 7);
  putTwo(at + 8, ofYear - (153 * month + 2) / 5 + 1);
}
