/** A complete, typed, promise-based libvirt client in pure TypeScript. */
export type {Credentials, Login} from './authenticate.ts';
export {callsInFlightMax} from './call-queue.ts';
export {parseConnectUri, type ConnectUri} from './connect-uri.ts';
export {ConnectionError, type ConnectionErrorCode} from './connection-error.ts';
export {errorNumbers, type LibvirtErrorCode} from './error-codes.ts';
export type {Every, KeepaliveOptions} from './keepalive.ts';
export {LibvirtError} from './libvirt-error.ts';
export type {
  ArgsOf,
  CallName,
  EventName,
  EventPayload,
  ReturnsOf,
  StreamName,
  WireEvent,
} from './procedures/procedures.ts';
export {RpcClient, type RpcConnectOptions, type RpcOptions} from './rpc-client.ts';
export {RpcStream, type StreamPiece} from './rpc-stream.ts';
export {toDuplex, toReadable, toWritable} from './stream-adapters.ts';
export type {Transport} from './transports/transport.ts';
export {paramValues, repeatedValues, typedParams, type TypedParam, type TypedValue} from './wire/typed-param.ts';
