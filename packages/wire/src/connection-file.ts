/** Connection files (https://jupyter-client.readthedocs.io/en/stable/kernels.html#connection-files). */
import { readFileSync, writeFileSync } from 'node:fs';
import { isJsonObject, readNumberOr, parseJson, readStringOr, type Json, type JsonObject } from './json';

/** A socket of a kernel, by its name in connection files. */
export type Channel = 'shell' | 'iopub' | 'stdin' | 'control' | 'hb';

/** Where a kernel listens, and how its messages are signed. */
export interface ConnectionInfo {
  readonly transport: 'tcp' | 'ipc';
  /** An address for tcp; for ipc the path that port numbers are appended to. */
  readonly ip: string;
  readonly ports: Readonly<Record<Channel, number>>;
  readonly key: string;
  readonly signatureScheme: string;
}

/** A file that was read, or why it could not be. */
export type ConnectionFile =
  | { readonly ok: true; readonly info: ConnectionInfo }
  | { readonly ok: false; readonly code: 'unreadable' | 'invalid'; readonly message: string };

/** The address of one channel, spelled as every Jupyter client spells it. */
export function formatEndpoint(info: ConnectionInfo, channel: Channel): string {
  const separator = info.transport === 'tcp' ? ':' : '-';
  return `${info.transport}://${info.ip}${separator}${info.ports[channel]}`;
}

/** Reads and checks a connection file. It never throws; absent fields get the defaults of jupyter_client. */
export function readConnectionFile(path: string): ConnectionFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { ok: false, code: 'unreadable', message: `${path}: ${String(error)}` };
  }
  const info = parseConnectionInfo(parseJson(text));
  return typeof info === 'string'
    ? { ok: false, code: 'invalid', message: `${path}: ${info}` }
    : { ok: true, info };
}

function parseConnectionInfo(value: Json | undefined): ConnectionInfo | string {
  if (!isJsonObject(value)) return 'not a JSON object';
  const transport = readStringOr(value['transport'], 'tcp');
  if (transport !== 'tcp' && transport !== 'ipc') return `transport ${transport} is neither tcp nor ipc`;
  const readPort = (channel: Channel): number => readNumberOr(value[`${channel}_port`], 0);
  const ports = {
    shell: readPort('shell'),
    iopub: readPort('iopub'),
    stdin: readPort('stdin'),
    control: readPort('control'),
    hb: readPort('hb'),
  };
  const missing = Object.entries(ports).find(([, number]) => number <= 0);
  if (missing) return `${missing[0]}_port is missing`;
  return {
    transport,
    ports,
    ip: readStringOr(value['ip'], '127.0.0.1'),
    key: readStringOr(value['key'], ''),
    signatureScheme: readStringOr(value['signature_scheme'], 'hmac-sha256'),
  };
}

/** Writes a file that only this user can read: a process that has the key may run code. */
export function writeConnectionFile(path: string, info: ConnectionInfo): void {
  const { transport, ip, key, ports } = info;
  const content: JsonObject = {
    transport,
    ip,
    key,
    signature_scheme: info.signatureScheme,
    shell_port: ports.shell,
    iopub_port: ports.iopub,
    stdin_port: ports.stdin,
    control_port: ports.control,
    hb_port: ports.hb,
  };
  writeFileSync(path, JSON.stringify(content), { mode: 0o600 });
}
