import type {RpcClient} from '../rpc-client.ts';

interface SharedRegistration {
  /** How many want it. */
  users: number;
  readonly callbackId: Promise<number>;
}

/** The calls that begin a registration and end it. */
export interface RegistrationCalls {
  register(): Promise<{readonly callbackId: number}>;
  deregister(callbackId: number): Promise<unknown>;
}

const shared = new WeakMap<RpcClient, Map<string, SharedRegistration>>();
/** Registrations that are being ended: a daemon refuses the next one of the same kind until then. */
const ending = new WeakMap<RpcClient, Map<string, Promise<unknown>>>();

/**
 * A daemon registers a connection only once for one kind of event of one domain (or of all), so those who want the same
 * share it. Resolves with its callback id. For each join there is one `leaveRegistration`.
 */
export async function joinRegistration(client: RpcClient, key: string, calls: RegistrationCalls): Promise<number> {
  const joined = mapOf(shared, client);
  let registration = joined.get(key);
  if (registration === undefined) {
    const ended = mapOf(ending, client).get(key) ?? Promise.resolve();
    const callbackId = ended.then(() => calls.register()).then(answer => answer.callbackId);
    registration = {users: 0, callbackId};
    joined.set(key, registration);
  }
  registration.users += 1;
  try {
    return await registration.callbackId;
  } catch (error) {
    if (joined.get(key) === registration) {
      joined.delete(key);
    }
    throw error;
  }
}

/** The last to leave ends the registration. Never rejects: where the connection is gone, so is the registration. */
export async function leaveRegistration(client: RpcClient, key: string, calls: RegistrationCalls): Promise<void> {
  const joined = mapOf(shared, client);
  const registration = joined.get(key);
  if (registration === undefined || (registration.users -= 1) > 0) {
    return;
  }
  joined.delete(key);
  const ended = registration.callbackId.then(id => calls.deregister(id)).catch(() => {});
  mapOf(ending, client).set(key, ended);
  await ended;
  if (mapOf(ending, client).get(key) === ended) {
    mapOf(ending, client).delete(key);
  }
}

function mapOf<T>(maps: WeakMap<RpcClient, Map<string, T>>, client: RpcClient): Map<string, T> {
  let map = maps.get(client);
  if (map === undefined) {
    map = new Map();
    maps.set(client, map);
  }
  return map;
}
