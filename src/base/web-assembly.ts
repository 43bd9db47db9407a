/** As much of https://webassembly.github.io/spec/js-api/ as is used: neither Node's types nor ES2023 have it. */
export interface WebAssemblyMemory<Octets extends ArrayBufferLike> {
  readonly buffer: Octets;
  /** By so many pages of 64 KiB; throws a RangeError when there is no more to be had. */
  grow(pages: number): number;
}
declare const WebAssembly: {
  readonly Memory: new (limits: {
    initial: number;
    maximum: number;
    shared: true;
  }) => WebAssemblyMemory<SharedArrayBuffer>;
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

const compiled = new Map<string, object>();

/** Memory that several instances may have, in pages of 64 KiB. */
export function openSharedMemory(initial: number, maximum: number): WebAssemblyMemory<SharedArrayBuffer> {
  return new WebAssembly.Memory({ initial, maximum, shared: true });
}

/** What an instance of a module exports; `binary` is the module in base64, and compiled once. */
export function instantiate(binary: string, imports: object = {}): object {
  let module = compiled.get(binary);
  if (module === undefined) {
    module = new WebAssembly.Module(readBinary(binary));
    compiled.set(binary, module);
  }
  return new WebAssembly.Instance(module, imports).exports;
}

/** A loop: at the start nothing is compiled yet, and a callback for each octet would take four times as long. */
function readBinary(base64: string): Uint8Array {
  const text = atob(base64);
  const binary = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) binary[i] = text.charCodeAt(i);
  return binary;
}
