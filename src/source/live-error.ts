/** Why packets cannot be captured here, and the command that helps; recognised by what libpcap and its programs say. */

export class LiveError extends Error {
  /** What the user can do about it: one sentence with the exact command. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'LiveError';
    this.hint = hint;
  }
}

/** How packets are captured: by the package cap, or by another program whose output is read. */
export const CAPTURE_PROGRAMS = ['cap', 'tcpdump', 'dumpcap'] as const;
export type CaptureProgram = (typeof CAPTURE_PROGRAMS)[number];

export interface CaptureAttempt {
  readonly via: CaptureProgram;
  readonly interfaceName: string;
  readonly filter: string;
  /** Names of the interfaces there are. */
  readonly known: readonly string[];
}

const SETCAP = 'sudo setcap cap_net_raw,cap_net_admin+eip "$(readlink -f "$(command -v node)")"';
const PACKAGES = { tcpdump: 'tcpdump', dumpcap: 'wireshark-common' } as const;

const RIGHTS: Readonly<Record<CaptureProgram, string>> = {
  cap: `Run lastack with sudo, or once: ${SETCAP}.`,
  tcpdump: 'Run lastack with sudo, or once: sudo setcap cap_net_raw,cap_net_admin+eip "$(command -v tcpdump)".',
  dumpcap: 'Run lastack with sudo, or once: sudo usermod -aG wireshark "$USER", and log in again.',
};

const NO_RIGHTS = /permission|not permitted|EPERM|EACCES|are you root/i;
const NO_DEVICE = /no such device|doesn't exist|does not exist|no such interface|that device does/i;
const NOT_UP = /is not up|went down|network is down|disappeared/i;
const BAD_FILTER =
  /syntax error|can't parse filter|filter expression|unknown host|unknown port|unknown network|isn't a valid capture filter|expression rejects|illegal token|parse error|ethernet address|illegal char/i;
const NO_LIBRARY = /libpcap|cap\.node|Cannot find module|ERR_DLOPEN|invalid ELF|NODE_MODULE_VERSION/i;

/** The sentence for what a capture program said before it gave up. */
export function explainFailure(attempt: CaptureAttempt, said: string): LiveError {
  const { via, interfaceName, filter } = attempt;
  const words = said.replace(/^(?:tcpdump|dumpcap|cap): /gm, '').trim();
  if (NO_DEVICE.test(words)) return noSuchInterface(attempt);
  if (BAD_FILTER.test(words) && filter !== '') {
    const detail = words.split('\n').find((line) => BAD_FILTER.test(line)) ?? '';
    const reason = detail.includes('syntax error') ? 'syntax error' : detail.slice(0, 120);
    return new LiveError(
      `"${filter}" is not a capture filter that libpcap understands (${reason})`,
      "Write it as for tcpdump, for example: 'tcp port 443 and host 192.0.2.1' (man pcap-filter).",
    );
  }
  if (NO_RIGHTS.test(words)) return new LiveError(`no right to capture on ${interfaceName}`, RIGHTS[via]);
  if (NOT_UP.test(words)) {
    return new LiveError(`the interface ${interfaceName} is down`, `Bring it up: sudo ip link set ${interfaceName} up`);
  }
  if (via === 'cap' && NO_LIBRARY.test(words)) return noLibrary();
  const [last] = words.split('\n').slice(-1);
  return new LiveError(
    `capturing on ${interfaceName} failed: ${last || 'no reason was given'}`,
    'See: lastack interfaces',
  );
}

function noSuchInterface({ interfaceName, known }: CaptureAttempt): LiveError {
  const list = known.length === 0 ? 'See: lastack interfaces' : `There are: ${known.join(', ')} (lastack interfaces).`;
  return new LiveError(`there is no interface ${interfaceName}`, list);
}

/** The package cap is missing, or could not be compiled or loaded. */
export function noLibrary(): LiveError {
  return new LiveError(
    'the package cap, which captures by libpcap, is not there or does not fit this Node.js',
    'Run: sudo apt-get install libpcap-dev python3 make g++ && npm rebuild cap, or let another program capture: --via tcpdump.',
  );
}

/** The program of `--via` cannot be started. */
export function noProgram(via: CaptureProgram, reason: string): LiveError {
  if (via === 'cap')
    return new LiveError(`the capture process cannot be started: ${reason}`, 'See: lastack interfaces');
  return new LiveError(`${via} is not installed`, `Run: sudo apt-get install ${PACKAGES[via]}`);
}
