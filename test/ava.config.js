/** Tests on the lab: real libvirt hosts in namespaces of this machine. They need root. Most of their time they wait, so two files run at once. */
export default {
  files: ['test/**/*.ts', '!test/bench/**', '!**/fixtures/**'],
  extensions: ['ts'],
  concurrency: 2,
  timeout: '10m',
  workerThreads: false,
};
