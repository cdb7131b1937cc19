/** Tests on the lab: real libvirt hosts in namespaces of this machine. They need root and run one file at a time. */
export default {
  files: ['test/**/*.ts', '!test/bench/**', '!**/fixtures/**'],
  extensions: ['ts'],
  concurrency: 1,
  timeout: '10m',
  workerThreads: false,
};
