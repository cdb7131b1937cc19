import {call} from './procedure.ts';

/** Registering for events, and ending that. Answers carry the callback id that each event repeats. */
export const eventRegistrationProcedures = {
  CONNECT_NETWORK_EVENT_REGISTER_ANY: call(313, 'eventId:i32 net:network?', 'callbackId:i32', {priority: 'high'}),
  CONNECT_NETWORK_EVENT_DEREGISTER_ANY: call(314, 'callbackId:i32', '', {priority: 'high'}),
  CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY: call(316, 'eventId:i32 dom:domain?', 'callbackId:i32', {
    priority: 'high',
  }),
  CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY: call(317, 'callbackId:i32', '', {priority: 'high'}),
  CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY: call(368, 'eventId:i32 pool:pool?', 'callbackId:i32', {priority: 'high'}),
  CONNECT_STORAGE_POOL_EVENT_DEREGISTER_ANY: call(369, 'callbackId:i32', '', {priority: 'high'}),
  CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY: call(374, 'eventId:i32 dev:nodeDevice?', 'callbackId:i32', {
    priority: 'high',
  }),
  CONNECT_NODE_DEVICE_EVENT_DEREGISTER_ANY: call(375, 'callbackId:i32', '', {priority: 'high'}),
  CONNECT_SECRET_EVENT_REGISTER_ANY: call(380, 'eventId:i32 secret:secret?', 'callbackId:i32', {
    priority: 'high',
    since: '3.0',
  }),
  CONNECT_SECRET_EVENT_DEREGISTER_ANY: call(381, 'callbackId:i32', '', {priority: 'high', since: '3.0'}),
};
