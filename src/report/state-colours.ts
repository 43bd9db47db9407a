/**
 * One colour a state, the same in every picture. The hues are those of Okabe and Ito, told apart with every kind of
 * colour blindness, with brown, violet and greys for the states they do not reach; the names are written on the bands anyway.
 */
import type { TcpState } from '../tcp/states.ts';

export const STATE_COLOURS: Readonly<Record<TcpState, string>> = {
  UNKNOWN: '#b8bdc4',
  CLOSED: '#868e99',
  LISTEN: '#a3abb5',
  SYN_SENT: '#56b4e9',
  SYN_RECEIVED: '#0072b2',
  ESTABLISHED: '#009e73',
  FIN_WAIT_1: '#e3cf1b',
  FIN_WAIT_2: '#e69f00',
  CLOSE_WAIT: '#d55e00',
  CLOSING: '#8c564b',
  LAST_ACK: '#cc79a7',
  TIME_WAIT: '#6a4fb3',
};

const LIGHT_GROUND = '#ffffff';
const DARK_GROUND = '#14181d';
const LIGHT_SHARE = 0.26;
const DARK_SHARE = 0.42;

/** Mixes `share` of a colour into a ground; all as `#rrggbb`. */
export function mixColours(colour: string, ground: string, share: number): string {
  const channel = (at: number): string => {
    const over = Number.parseInt(colour.slice(at, at + 2), 16);
    const under = Number.parseInt(ground.slice(at, at + 2), 16);
    return Math.round(over * share + under * (1 - share))
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

/** CSS custom properties `--s-STATE` (strong) and `--t-STATE` (tint behind text) for one ground. */
export function stateVariables(scheme: 'light' | 'dark'): string {
  const [ground, share] = scheme === 'light' ? [LIGHT_GROUND, LIGHT_SHARE] : [DARK_GROUND, DARK_SHARE];
  return Object.entries(STATE_COLOURS)
    .map(([state, colour]) => `--s-${state}:${colour};--t-${state}:${mixColours(colour, ground, share)}`)
    .join(';');
}
